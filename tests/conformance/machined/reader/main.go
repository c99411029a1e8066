// A reader on the LAN: watches what os:reader may watch of a node's manifests, through every boot, and says a JSON line
// for each thing it sees:
//
//	reader SOCKET CANARY...
//
// The driver registers it as apid, behind which such readers are. A canary in anything it sees is named in the line.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	cosiv1alpha1 "github.com/cosi-project/runtime/api/v1alpha1"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"github.com/siderolabs/talos/pkg/machinery/resources/config"
	"github.com/siderolabs/talos/pkg/machinery/resources/k8s"
	"github.com/siderolabs/talos/pkg/machinery/resources/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

func say(pairs map[string]any) {
	line, err := json.Marshal(pairs)
	if err == nil {
		fmt.Println(string(line))
	}
}

// watch follows one type until the stream ends.
func watch(ctx context.Context, client cosiv1alpha1.StateClient, namespace, kind string, canaries []string) (refused bool) {
	stream, err := client.Watch(ctx, &cosiv1alpha1.WatchRequest{
		Namespace: namespace, Type: kind, ApiVersion: 1,
		Options: &cosiv1alpha1.WatchOptions{BootstrapContents: true},
	}, grpc.WaitForReady(true))
	if err != nil {
		return false
	}

	for {
		answer, err := stream.Recv()
		if err != nil {
			if status.Code(err) != codes.PermissionDenied {
				return false
			}

			say(map[string]any{"watch": kind, "refused": status.Convert(err).Message()})

			return true
		}

		for _, event := range answer.GetEvent() {
			spec := string(event.GetResource().GetSpec().GetProtoSpec()) + event.GetResource().GetSpec().GetYamlSpec()
			seen := []string{}

			for _, canary := range canaries {
				if strings.Contains(spec, canary) {
					seen = append(seen, canary)
				}
			}

			say(map[string]any{
				"watch": kind, "event": event.GetEventType().String(), "id": event.GetResource().GetMetadata().GetId(),
				"bytes": len(spec), "canaries": seen,
			})
		}
	}
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: reader SOCKET CANARY...")
		os.Exit(2)
	}

	conn, err := grpc.NewClient("unix://"+os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}

	client := cosiv1alpha1.NewStateClient(conn)
	ctx := metadata.AppendToOutgoingContext(context.Background(), constants.APIAuthzRoleMetadataKey, "os:reader")

	for namespace, kinds := range map[string][]string{
		k8s.ControlPlaneNamespaceName: {string(k8s.ManifestType), string(k8s.ExtraManifestsConfigType)},
		runtime.NamespaceName:         {string(runtime.ExtensionServiceConfigType)}, // sensitive: must be refused
		config.NamespaceName:          {string(config.MachineConfigType)},           // likewise
	} {
		for _, kind := range kinds {
			go func() {
				for {
					pause := 20 * time.Millisecond
					if watch(ctx, client, namespace, kind, os.Args[2:]) {
						pause = time.Second
					}

					time.Sleep(pause)
				}
			}()
		}
	}

	select {}
}
