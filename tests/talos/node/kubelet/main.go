// A stand-in for the kubelet: machined counts it as up when /healthz answers. It runs nothing.
package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/healthz", func(answer http.ResponseWriter, _ *http.Request) { fmt.Fprint(answer, "ok") })
	fmt.Println("kubelet's stand-in:", http.ListenAndServe("127.0.0.1:10248", nil))
	os.Exit(1)
}
