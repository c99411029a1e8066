// What talosctl asks of a node, as the cases need it; talosctl itself is not to be had from the module proxy.
//
//	client [-ca FILE] NODE dump [TYPE ...]       every resource that may be listed, as JSON lines {type, id, spec}
//	client [-ca FILE] NODE dry-run FILE          ApplyConfiguration with dry_run: what Talos says would change
//	client [-ca FILE] NODE reset LABEL ...       Reset of these partitions of the system disk, with a reboot
//	client [-ca FILE] NODE reset-off LABEL ...   the same, and the machine is switched off
//	client [-ca FILE] NODE shutdown              switched off in good order
//	client [-ca FILE] NODE events SERVICE        the events of a service, oldest first
//
// NODE is an address, or unix:PATH. -ca names a Talos secrets bundle: the client is then an os:admin, over a network
// with a certificate of its CA; without it nobody, which in maintenance mode is a reader.
package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/cosi-project/runtime/pkg/resource"
	"github.com/cosi-project/runtime/pkg/resource/meta"
	"github.com/cosi-project/runtime/pkg/safe"
	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/client"
	clientconfig "github.com/siderolabs/talos/pkg/machinery/client/config"
	"github.com/siderolabs/talos/pkg/machinery/config/generate/secrets"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"github.com/siderolabs/talos/pkg/machinery/role"
	"go.yaml.in/yaml/v4"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// admin is a client's config with a certificate of this bundle's CA.
func admin(path, node string) *clientconfig.Config {
	data, err := os.ReadFile(path)
	check(err)

	var bundle secrets.Bundle

	check(yaml.Unmarshal(data, &bundle))

	bundle.Clock = secrets.NewClock()
	certificate, err := bundle.GenerateTalosAPIClientCertificate(role.MakeSet(role.Admin))
	check(err)

	return clientconfig.NewConfig("node", []string{node}, bundle.Certs.OS.Crt, certificate)
}

func dump(ctx context.Context, c *client.Client, kinds []string) {
	definitions, err := safe.StateListAll[*meta.ResourceDefinition](ctx, c.COSI)
	check(err)

	out := json.NewEncoder(os.Stdout)

	for definition := range definitions.All() {
		spec := definition.TypedSpec()

		if len(kinds) > 0 && !strings.Contains(" "+strings.Join(kinds, " ")+" ", " "+spec.Type+" ") {
			continue
		}

		list, err := c.COSI.List(ctx, resource.NewMetadata(spec.DefaultNamespace, spec.Type, "", resource.VersionUndefined))
		if err != nil {
			check(out.Encode(map[string]any{"type": spec.Type, "error": err.Error()}))

			continue
		}

		for _, item := range list.Items {
			text, err := yaml.Marshal(item.Spec())
			check(err)

			var value any

			check(yaml.Unmarshal(text, &value))
			check(out.Encode(map[string]any{"type": spec.Type, "id": item.Metadata().ID(), "spec": value}))
		}
	}
}

func dryRun(ctx context.Context, c *client.Client, path string) {
	data, err := os.ReadFile(path)
	check(err)

	answer, err := c.ApplyConfiguration(ctx, &machine.ApplyConfigurationRequest{
		Data: data, Mode: machine.ApplyConfigurationRequest_AUTO, DryRun: true,
	})
	check(err)

	for _, message := range answer.GetMessages() {
		fmt.Println(message.GetModeDetails())
	}
}

func reset(ctx context.Context, c *client.Client, labels []string, reboot bool) {
	request := &machine.ResetRequest{Reboot: reboot}

	for _, label := range labels {
		request.SystemPartitionsToWipe = append(request.SystemPartitionsToWipe, &machine.ResetPartitionSpec{Label: label, Wipe: true})
	}

	check(c.ResetGeneric(ctx, request))
}

func events(ctx context.Context, c *client.Client, service string) {
	answer, err := c.ServiceList(ctx)
	check(err)

	for _, message := range answer.GetMessages() {
		for _, one := range message.GetServices() {
			for _, event := range one.GetEvents().GetEvents() {
				if one.GetId() == service {
					fmt.Printf("%s %s\n", event.GetState(), event.GetMsg())
				}
			}
		}
	}
}

func main() {
	ca := flag.String("ca", "", "a Talos secrets bundle")
	flag.Parse()

	arguments := flag.Args()
	if len(arguments) < 2 {
		fmt.Fprintln(os.Stderr, "client [-ca FILE] NODE dump|dry-run|reset|reset-off|shutdown|events ...")
		os.Exit(2)
	}

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	node, verb, rest := arguments[0], arguments[1], arguments[2:]

	var options []client.OptionFunc

	switch path, local := strings.CutPrefix(node, "unix:"); {
	case local:
		caller := role.Reader
		if *ca != "" {
			caller = role.Admin
		}

		options = append(options, client.WithUnixSocket(path), client.WithGRPCDialOptions(grpc.WithTransportCredentials(insecure.NewCredentials())))
		ctx = metadata.NewOutgoingContext(ctx, metadata.Pairs(constants.APIAuthzRoleMetadataKey, string(caller)))
	case *ca != "":
		options = append(options, client.WithConfig(admin(*ca, node)))
	default:
		options = append(options, client.WithEndpoints(node), client.WithTLSConfig(&tls.Config{InsecureSkipVerify: true}))
	}

	c, err := client.New(ctx, options...)
	check(err)

	switch {
	case verb == "dump":
		dump(ctx, c, rest)
	case verb == "dry-run" && len(rest) == 1:
		dryRun(ctx, c, rest[0])
	case verb == "reset" && len(rest) > 0:
		reset(ctx, c, rest, true)
	case verb == "reset-off" && len(rest) > 0:
		reset(ctx, c, rest, false)
	case verb == "shutdown" && len(rest) == 0:
		check(c.Shutdown(ctx, client.WithShutdownForce(true)))
	case verb == "events" && len(rest) == 1:
		events(ctx, c, rest[0])
	default:
		fmt.Fprintln(os.Stderr, "client: what is", verb)
		os.Exit(2)
	}
}
