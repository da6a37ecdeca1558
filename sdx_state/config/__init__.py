"""YAML -> what is declared: read strictly, with places, variables, a schema, and references between resources."""
