#!/bin/sh
# Verify, seal and prove with nothing but curl (and sha256sum, sed).
#
#   SEALSVC_URL=http://127.0.0.1:8000 ./client.sh verify  FILE
#   SEALSVC_KEY=cli_….sk_…            ./client.sh seal    FILE SEAL_ID OUT
#                                     ./client.sh receipt SEALED_FILE OUT
#
# Exit status: 0 good, 1 the document is not to be relied on, 2 the service did not answer so.
set -eu

url=${SEALSVC_URL:-http://127.0.0.1:8000}

fail() {
    echo "$*" >&2
    exit 2
}

verify() {
    report=$(curl -sS --fail-with-body -H 'Content-Type: application/pdf' \
        --data-binary "@$1" "$url/v1/verifications") || fail "$report"
    summary=$(printf '%s' "$report" | sed -n 's/.*"summary" *: *"\([A-Z]*\)".*/\1/p')
    echo "$summary"
    [ "$summary" = TRUSTED ] || exit 1
}

seal() {
    [ -n "${SEALSVC_KEY:-}" ] || fail "SEALSVC_KEY is not set"
    # The key makes a repetition after a lost answer harmless: the same file is answered again.
    key=$(sha256sum "$1" | cut -d ' ' -f 1)-$2
    curl -sS --fail-with-body -o "$3" \
        -H "Authorization: Bearer $SEALSVC_KEY" -H "Idempotency-Key: \"$key\"" \
        -H 'Content-Type: application/pdf' -H 'Accept: application/pdf' \
        --data-binary "@$1" "$url/v1/sealings?seal=$2" || fail "$(cat "$3")"
    echo "$3"
}

receipt() {
    digest=$(sha256sum "$1" | cut -d ' ' -f 1)
    events=$(curl -sS --fail-with-body "$url/v1/trace?digest=$digest") || fail "$events"
    fact=$(printf '%s' "$events" | tr '{' '\n' |
        sed -n 's/.*"factId" *: *"\(evt_[a-z2-7]*\)", *"type" *: *"sealing.completed".*/\1/p')
    [ -n "$fact" ] || fail "the log knows nothing of this file"
    # 202 means: committed, not in the log yet. --retry does not know it, so ask again.
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        status=$(curl -sS -o "$2" -w '%{http_code}' "$url/v1/receipts/$fact?digest=$digest")
        [ "$status" = 202 ] || break
        sleep 1
    done
    [ "$status" = 200 ] || fail "$(cat "$2")"
    echo "$2"
}

case "${1:-}:$#" in
verify:2) verify "$2" ;;
seal:4) seal "$2" "$3" "$4" ;;
receipt:3) receipt "$2" "$3" ;;
*) fail "usage: $0 verify FILE | seal FILE SEAL_ID OUT | receipt SEALED_FILE OUT" ;;
esac
