"""The HTTP API: transport, credentials, classification of answers, retries, paging, and a typed client."""
