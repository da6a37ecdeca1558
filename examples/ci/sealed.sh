#!/bin/sh
# Files that lie where others can read them, encrypted with the secret SDX_STATE_KEY. Needs openssl and tar.
#
#   sealed.sh seal FILE PATH...   packs each PATH that exists into FILE
#   sealed.sh open FILE           puts them back; without FILE there is nothing to do
set -eu
umask 077

: "${SDX_STATE_KEY:?is not set: add the secret SDX_STATE_KEY to this environment}"
action=${1:-} file=${2:-}
[ -n "$file" ] || { echo "usage: $0 seal FILE PATH... | open FILE" >&2; exit 2; }
shift 2

crypt() { openssl enc -aes-256-cbc -pbkdf2 -iter 200000 -pass env:SDX_STATE_KEY "$@"; }

packed=$(mktemp)
trap 'rm -f "$packed"' EXIT
case "$action" in
seal)
  for path in "$@"; do
    shift
    [ ! -e "$path" ] || set -- "$@" "$path"
  done
  [ $# -gt 0 ] || { echo "there is nothing to seal yet" >&2; exit 0; }
  tar -czf "$packed" -- "$@"
  crypt -salt -in "$packed" -out "$file"
  ;;
open)
  [ -f "$file" ] || { echo "there is no $file yet" >&2; exit 0; }
  crypt -d -in "$file" -out "$packed" || { echo "$file was sealed with another SDX_STATE_KEY" >&2; exit 1; }
  tar -xzf "$packed"
  ;;
*)
  echo "usage: $0 seal FILE PATH... | open FILE" >&2
  exit 2
  ;;
esac
