package main

import (
	"context"
	"net"
	"os"
	"strings"
	"time"

	cosiv1alpha1 "github.com/cosi-project/runtime/api/v1alpha1"
	"github.com/cosi-project/runtime/pkg/state"
	cosiserver "github.com/cosi-project/runtime/pkg/state/protobuf/server"
	"github.com/siderolabs/talos/internal/app/resources"
	"github.com/siderolabs/talos/pkg/grpc/factory"
	"github.com/siderolabs/talos/pkg/grpc/middleware/auth/unix"
	"github.com/siderolabs/talos/pkg/grpc/middleware/authz"
	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/api/storage"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"github.com/siderolabs/talos/pkg/machinery/role"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

var (
	readers = role.MakeSet(role.Admin, role.Operator, role.Reader)
	admins  = role.MakeSet(role.Admin)
	// machined's table of methods and roles, as far as this machined goes; anything else takes an admin.
	rules = map[string]role.Set{
		"/machine.MachineService/ApplyConfiguration": role.MakeSet(role.Admin, role.Reader),
		"/machine.MachineService/Bootstrap":          admins,
		"/machine.MachineService/Version":            readers,
		"/machine.MachineService/ServiceList":        readers,
		"/machine.MachineService/Reboot":             role.MakeSet(role.Admin, role.Operator),
		"/storage.StorageService/Disks":              readers,
		"/storage.StorageService/BlockDeviceWipe":    role.MakeSet(role.Admin, role.Reader),
		"/cosi.resource.State/Get":                   readers,
		"/cosi.resource.State/List":                  readers,
		"/cosi.resource.State/Watch":                 readers,
		"/cosi.resource.State/Create":                admins,
		"/cosi.resource.State/Update":                admins,
		"/cosi.resource.State/Destroy":               admins,
	}
	services = []unix.AllowedService{
		{Pattern: "apid", AllowedRoles: role.All},
		{Pattern: "dashboard", AllowedRoles: role.MakeSet(role.Reader, role.MetaWriter)},
		{Pattern: "machined", AllowedRoles: role.Zero},
		{Pattern: "ext-*", AllowedRoles: role.All, AllowNamespaceMatch: true},
	}
)

// newServer has machined's options, its chain of interceptors and its access policy, all of them Talos's own.
func (b *Boot) newServer() *grpc.Server {
	injector := &authz.Injector{Mode: authz.MetadataOnly}
	byPID := &unix.Authorizer{Resources: b.state, AllowedServices: services}
	authorizer := &authz.Authorizer{Rules: rules, FallbackRoles: admins}

	return factory.NewServer(b,
		factory.ServerOptions(
			grpc.MaxRecvMsgSize(constants.GRPCMaxMessageSize),
			grpc.Creds(&peerCredentials{unix.NewServerCredentials()}),
		),
		factory.WithUnaryInterceptor(b.recordUnary),
		factory.WithStreamInterceptor(b.recordStream),
		factory.WithUnaryInterceptor(injector.UnaryInterceptor()),
		factory.WithStreamInterceptor(injector.StreamInterceptor()),
		factory.WithUnaryInterceptor(byPID.UnaryInterceptor()),
		factory.WithStreamInterceptor(byPID.StreamInterceptor()),
		factory.WithUnaryInterceptor(authorizer.UnaryInterceptor()),
		factory.WithStreamInterceptor(authorizer.StreamInterceptor()),
		factory.WithUnaryInterceptor(b.faultUnary),
		factory.WithStreamInterceptor(b.faultStream),
	)
}

// Register implements factory.Registrator.
func (b *Boot) Register(server *grpc.Server) {
	filtered := state.WrapCore(state.Filter(b.state, resources.AccessPolicy(b.state)))

	machine.RegisterMachineServiceServer(server, &machineService{boot: b})
	storage.RegisterStorageServiceServer(server, &storageService{boot: b})
	cosiv1alpha1.RegisterStateServer(server, cosiserver.NewState(filtered))
}

// peerCredentials looks through the connection that faults are made with.
type peerCredentials struct {
	credentials.TransportCredentials
}

func (c *peerCredentials) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	faulty, ok := conn.(*faultyConn)
	if !ok {
		return c.TransportCredentials.ServerHandshake(conn)
	}

	_, info, err := c.TransportCredentials.ServerHandshake(faulty.UnixConn)

	return faulty, info, err
}

// call is what the journal says of one call.
type call struct {
	boot   *Boot
	ctx    context.Context //nolint:containedctx
	method string
	start  time.Time
	pairs  []any
}

func (b *Boot) newCall(ctx context.Context, method string) *call {
	return &call{boot: b, ctx: ctx, method: method, start: time.Now()}
}

type resourceRequest interface {
	GetNamespace() string
	GetType() string
}

// request adds what is asked for.
func (c *call) request(message any) {
	if request, ok := message.(resourceRequest); ok {
		c.pairs = append(c.pairs, "type", request.GetType(), "namespace", request.GetNamespace())

		if named, ok := message.(interface{ GetId() string }); ok && named.GetId() != "" {
			c.pairs = append(c.pairs, "id", named.GetId())
		}
	}

	if request, ok := message.(*machine.ApplyConfigurationRequest); ok {
		c.pairs = append(c.pairs, c.boot.describeApply(request)...)
	}
}

func (c *call) done(err error) {
	b := c.boot
	incoming, _ := metadata.FromIncomingContext(c.ctx)
	requested := incoming.Get(constants.APIAuthzRoleMetadataKey)
	peer, _ := unix.GetPeerCredentials(c.ctx)
	service := b.serviceOf(peer)

	b.node.journal.Say("call", append([]any{
		"boot", b.number, "method", c.method, "roles", requested, "pid", peer.PID, "service", service,
		"stage", b.currentStage().String(), "code", status.Code(err).String(), "message", status.Convert(err).Message(),
		"took", time.Since(c.start).Milliseconds(),
	}, c.pairs...)...)

	if service == "apid" {
		return
	}

	// What Talos would only deny, or even allow, and a right client does not do.
	if service == "" && status.Code(err) == codes.PermissionDenied {
		b.node.journal.Violation("a process that is not the service called", "method", c.method, "pid", peer.PID)
	}

	if len(requested) != 1 {
		b.node.journal.Violation("a call with other than one role", "method", c.method, "roles", requested)
	} else if requested[0] != c.leastRole() {
		b.node.journal.Violation("a call with a role it does not need or that is too small", "method", c.method,
			"role", requested[0], "least", c.leastRole())
	}
}

// serviceOf is the service that the process of a call is, by its PID or its mount namespace.
func (b *Boot) serviceOf(peer unix.PeerCredentials) string {
	b.node.mu.Lock()
	client := b.node.clients[peer.PID]
	b.node.mu.Unlock()

	if client != "" {
		return client
	}

	b.service.mu.Lock()
	process, was := b.service.process, b.service.pids[int(peer.PID)]
	b.service.mu.Unlock()

	if was {
		return b.service.id()
	}

	if process == nil {
		return ""
	}

	if int(peer.PID) == process.Pid || peer.MountNamespace != "" && peer.MountNamespace == mountNamespace(process.Pid) {
		return b.service.id()
	}

	return ""
}

func mountNamespace(pid int) string {
	namespace, _ := os.Readlink(procPath(pid)) //nolint:errcheck

	return namespace
}

// leastRole is the smallest role with which Talos answers this call in every stage.
func (c *call) leastRole() string {
	switch {
	case strings.HasSuffix(c.method, "/ApplyConfiguration"), strings.HasSuffix(c.method, "/Bootstrap"),
		strings.HasSuffix(c.method, "/BlockDeviceWipe"): // a reader may wipe in maintenance alone
		return string(role.Admin)
	case strings.HasSuffix(c.method, "/Reboot"):
		return string(role.Operator)
	}

	for i := 0; i+1 < len(c.pairs); i += 2 {
		if c.pairs[i] == "type" && sensitive(c.pairs[i+1].(string)) { //nolint:forcetypeassert
			return string(role.Admin)
		}
	}

	return string(role.Reader)
}

func (b *Boot) recordUnary(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	record := b.newCall(ctx, info.FullMethod)
	record.request(request)
	answer, err := next(ctx, request)
	record.done(err)

	return answer, err
}

// recordedStream lets the journal see the request of a streaming call.
type recordedStream struct {
	grpc.ServerStream
	record *call
}

func (s *recordedStream) RecvMsg(message any) error {
	err := s.ServerStream.RecvMsg(message)
	if err == nil {
		s.record.request(message)
	}

	return err
}

func (b *Boot) recordStream(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	record := b.newCall(stream.Context(), info.FullMethod)
	err := next(server, &recordedStream{stream, record})
	record.done(err)

	return err
}

func (b *Boot) faultUnary(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	after, err := b.fault(ctx, info.FullMethod)
	if err != nil {
		return nil, err
	}
	defer after()

	return next(ctx, request)
}

func (b *Boot) faultStream(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	after, err := b.fault(stream.Context(), info.FullMethod)
	if err != nil {
		return err
	}
	defer after()

	return next(server, stream)
}
