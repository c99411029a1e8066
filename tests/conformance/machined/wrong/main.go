// A client of machined that does everything right but for one thing, so that the machined here can be seen to notice:
//
//	wrong WHAT SOCKET CONFIG
//
// WHAT: right (nothing is wrong), no-role, admin-reads, mode-0, early (applies without a look at the stage),
// no-dry-run, twice, worker-bootstrap (Bootstrap whatever the machine type is), maintenance-bootstrap, reader-apply,
// write.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	cosiv1alpha1 "github.com/cosi-project/runtime/api/v1alpha1"
	"github.com/cosi-project/runtime/pkg/resource"
	"github.com/cosi-project/runtime/pkg/safe"
	"github.com/cosi-project/runtime/pkg/state"
	cosiclient "github.com/cosi-project/runtime/pkg/state/protobuf/client"
	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"github.com/siderolabs/talos/pkg/machinery/resources/config"
	"github.com/siderolabs/talos/pkg/machinery/resources/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

type client struct {
	what   string
	state  state.State
	nodes  machine.MachineServiceClient
	config []byte
}

func (c *client) as(role string) context.Context {
	switch {
	case c.what == "no-role":
		return context.Background()
	case c.what == "admin-reads" && role == "os:reader":
		role = "os:admin"
	case c.what == "reader-apply":
		role = "os:reader"
	}

	return metadata.AppendToOutgoingContext(context.Background(), constants.APIAuthzRoleMetadataKey, role)
}

func (c *client) stage() (runtime.MachineStage, error) {
	res, err := safe.StateGet[*runtime.MachineStatus](c.as("os:reader"), c.state, runtime.NewMachineStatus().Metadata())
	if err != nil {
		return 0, err
	}

	return res.TypedSpec().Stage, nil
}

func (c *client) apply(dryRun bool) error {
	request := &machine.ApplyConfigurationRequest{Data: c.config, Mode: machine.ApplyConfigurationRequest_AUTO, DryRun: dryRun}

	if c.what == "mode-0" {
		request.Mode = 0
	}

	answer, err := c.nodes.ApplyConfiguration(c.as("os:admin"), request)
	if err == nil {
		fmt.Println(answer.GetMessages()[0].GetModeDetails())
	}

	return err
}

func (c *client) join() error {
	if c.what == "maintenance-bootstrap" {
		c.nodes.Bootstrap(c.as("os:admin"), &machine.BootstrapRequest{}) //nolint:errcheck
	}

	if c.what != "no-dry-run" {
		if err := c.apply(true); err != nil {
			return err
		}
	}

	if err := c.apply(false); err != nil {
		return err
	}

	if c.what == "twice" {
		return c.apply(false)
	}

	return nil
}

func (c *client) found() error {
	kind, err := safe.StateGet[*config.MachineType](c.as("os:reader"), c.state, config.NewMachineType().Metadata())
	if err != nil {
		return err
	}

	if !kind.MachineType().IsControlPlane() && c.what != "worker-bootstrap" {
		return nil
	}

	for range 200 {
		_, err = c.nodes.Bootstrap(c.as("os:admin"), &machine.BootstrapRequest{})

		switch status.Code(err) {
		case codes.OK, codes.AlreadyExists:
			return nil
		case codes.FailedPrecondition:
			time.Sleep(50 * time.Millisecond)
		default:
			return err
		}
	}

	return err
}

func (c *client) run() error {
	version, err := c.nodes.Version(c.as("os:reader"), &emptypb.Empty{}, grpc.WaitForReady(true))
	if err != nil {
		return err
	}

	fmt.Println(version.GetMessages()[0].GetVersion().GetTag())

	if c.what == "write" {
		return c.state.Destroy(c.as("os:admin"), resource.NewMetadata(config.NamespaceName, config.MachineTypeType,
			config.MachineTypeID, resource.VersionUndefined))
	}

	if c.what == "early" {
		return c.join()
	}

	for range 200 {
		stage, err := c.stage()
		if err != nil {
			return err
		}

		kind, err := safe.StateGet[*config.MachineType](c.as("os:reader"), c.state, config.NewMachineType().Metadata())
		if err != nil {
			return err
		}

		switch {
		case stage == runtime.MachineStageMaintenance && kind.MachineType() == 0:
			return c.join()
		case (stage == runtime.MachineStageBooting || stage == runtime.MachineStageRunning) && kind.MachineType() != 0:
			return c.found()
		}

		time.Sleep(50 * time.Millisecond)
	}

	return errors.New("the node never came to a stage to act in")
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: wrong WHAT SOCKET CONFIG")
		os.Exit(2)
	}

	text, err := os.ReadFile(os.Args[3])
	if err == nil {
		var conn *grpc.ClientConn

		if conn, err = grpc.NewClient("unix://"+os.Args[2], grpc.WithTransportCredentials(insecure.NewCredentials())); err == nil {
			c := &client{
				what: os.Args[1], config: text, nodes: machine.NewMachineServiceClient(conn),
				state: state.WrapCore(cosiclient.NewAdapter(cosiv1alpha1.NewStateClient(conn))),
			}
			err = c.run()
		}
	}

	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
