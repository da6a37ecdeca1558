#!/bin/sh
# For any CI system: plan, wait for whoever approves, and apply exactly what was planned.
#
#   plan-and-apply.sh plan        writes plan.json and plan.md, which names the plan's hash; ends with 0, also where
#                                 there are changes
#   plan-and-apply.sh apply HASH  applies plan.json if that is its hash, and it still is what would be done (3 if not)
set -eu

case "${1:-}" in
plan)
  sdx-state validate
  sdx-state plan --out plan.json --format markdown=plan.md
  ;;
apply)
  [ $# -eq 2 ] || { echo "usage: $0 apply HASH (plan.md names it)" >&2; exit 2; }
  # `exec`, so that a signal of the CI system reaches sdx-state itself.
  exec sdx-state apply plan.json --expect "$2"
  ;;
*)
  echo "usage: $0 plan | apply HASH" >&2
  exit 2
  ;;
esac
