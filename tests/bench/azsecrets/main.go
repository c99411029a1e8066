// The same job with Azure's SDK for Go, all secrets at once: azsecrets OUT NAME...
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

func try(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	pem, err := os.ReadFile(os.Getenv("AZURE_CLIENT_CERTIFICATE_PATH"))
	try(err)
	certificates, key, err := azidentity.ParseCertificates(pem, nil)
	try(err)
	login, err := azidentity.NewClientCertificateCredential(os.Getenv("AZURE_TENANT_ID"), os.Getenv("AZURE_CLIENT_ID"), certificates, key, nil)
	try(err)
	vault, err := azsecrets.NewClient(os.Getenv("VAULT_URL"), login, nil)
	try(err)
	names := os.Args[2:]
	values, failed := make([]*string, len(names)), make(chan error)
	for i, name := range names {
		go func() {
			answer, err := vault.GetSecret(context.Background(), name, "", nil)
			values[i] = answer.Value
			failed <- err
		}()
	}
	for range names {
		try(<-failed)
	}
	text, err := json.Marshal(values)
	try(err)
	try(os.WriteFile(os.Args[1], text, 0o600))
}
