// stand is the program of every image whose real one is not here: it answers 200 to any HTTP request, on each address
// that STAND names (":8080 :9440"), and otherwise waits. It is also the pause of a pod: it takes in children that
// nobody waits for.
package main

import (
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	ends, children := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(ends, syscall.SIGTERM, syscall.SIGINT)
	signal.Notify(children, syscall.SIGCHLD)
	for _, address := range strings.Fields(os.Getenv("STAND")) {
		go func() {
			ok := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }
			if err := http.ListenAndServe(address, http.HandlerFunc(ok)); err != nil {
				println(err.Error())
				os.Exit(1)
			}
		}()
	}
	for {
		select {
		case <-ends:
			return
		case <-children:
			for {
				if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
					break
				}
			}
		}
	}
}
