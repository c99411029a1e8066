#!/bin/sh
# What people do by hand once the box waits in maintenance mode, as one script that never thinks or mistypes.
#
#   recipe.sh DIR TEMPLATE APPLY SOCKET NAME...
#
# A login and one run of a client for each secret, as `az keyvault secret show` is one; the values put into a config
# that was written before (TEMPLATE has @NAME@ where a value belongs); then APPLY (standing in for `talosctl
# apply-config`) sends it. curl stands in for az, whose start alone takes longer than the request. The login is a client
# secret.
set -eu
dir=$1 template=$2 apply=$3 socket=$4
shift 4
sleep 1 # machined is in maintenance mode by then, and knows this process
echo settled
token=$(curl -sS --fail --cacert "$STANDIN_ROOTS" --data-urlencode "client_id=$AZURE_CLIENT_ID" \
    --data-urlencode "client_secret=$AZURE_CLIENT_SECRET" --data-urlencode "scope=https://vault.azure.net/.default" \
    --data-urlencode "grant_type=client_credentials" \
    "https://login.microsoftonline.com/$AZURE_TENANT_ID/oauth2/v2.0/token" | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
echo login
: >"$dir/values.sed"
for name in "$@"; do
    value=$(printf 'header = "Authorization: Bearer %s"\n' "$token" | curl -sS --fail --cacert "$STANDIN_ROOTS" --config - \
        "$VAULT_URL/secrets/$name?api-version=7.4" | sed 's/.*"value": *"\([^"]*\)".*/\1/')
    printf 's|@%s@|%s|\n' "$name" "$(printf %s "$value" | base64 -w0)" >>"$dir/values.sed"
done
echo secrets
sed -f "$dir/values.sed" "$template" >"$dir/config.yaml"
exec "$apply" right "$socket" "$dir/config.yaml"
