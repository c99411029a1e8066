#!/bin/sh
# What a person would script: one token, then every secret on one connection. curl.sh DIR NAME...
# The login is a client secret: curl cannot sign the assertion of a certificate.
set -eu
dir=$1
shift
token=$(curl -sS --fail --cacert "$STANDIN_ROOTS" --data-urlencode "client_id=$AZURE_CLIENT_ID" \
    --data-urlencode "client_secret=$AZURE_CLIENT_SECRET" --data-urlencode "scope=https://vault.azure.net/.default" \
    --data-urlencode "grant_type=client_credentials" \
    "https://login.microsoftonline.com/$AZURE_TENANT_ID/oauth2/v2.0/token" | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
for name in "$@"; do
    printf 'url = "%s/secrets/%s?api-version=7.4"\noutput = "%s/%s.json"\n' "$VAULT_URL" "$name" "$dir" "$name"
done >"$dir/urls"
printf 'header = "Authorization: Bearer %s"\n' "$token" >>"$dir/urls"
curl -sS --fail --cacert "$STANDIN_ROOTS" --config "$dir/urls"
