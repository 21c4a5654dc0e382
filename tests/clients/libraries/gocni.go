package main

import (
	"context"

	gocni "github.com/containerd/go-cni"
)

// user is a program that is built on go-cni.
type user struct {
	load func(request) (gocni.CNI, error)
	// says is what it tells of a container at Setup and Check.
	says func(request) []gocni.NamespaceOpts
	// clears: it removes the container, without a namespace, before it sets it up.
	clears bool
	// forgets: it tells Remove of the ports alone.
	forgets bool
}

// attached is what a runtime takes out of a result.
type attached struct {
	Addresses map[string][]string `json:"addresses"`
	Gateways  map[string][]string `json:"gateways"`
	Macs      map[string]string   `json:"macs"`
	Sandboxes map[string]string   `json:"sandboxes"`
}

func (u user) operations() map[string]operation {
	with := func(work func(context.Context, gocni.CNI, request) (any, error)) operation {
		return func(ctx context.Context, asked request) (any, error) {
			cni, err := u.load(asked)
			if err != nil {
				return nil, err
			}
			return work(ctx, cni, asked)
		}
	}
	return map[string]operation{
		"setup": with(func(ctx context.Context, cni gocni.CNI, asked request) (any, error) {
			if u.clears {
				_ = cni.Remove(ctx, asked.ID, "", u.says(asked)...)
			}
			result, err := cni.Setup(ctx, asked.ID, asked.Netns, u.says(asked)...)
			if err != nil {
				return nil, err
			}
			return seen(result), nil
		}),
		"remove": with(func(ctx context.Context, cni gocni.CNI, asked request) (any, error) {
			options := u.says(asked)
			if u.forgets {
				options = []gocni.NamespaceOpts{gocni.WithCapabilityPortMap(portsOf(asked))}
			}
			return nil, cni.Remove(ctx, asked.ID, asked.Netns, options...)
		}),
		"check": with(func(ctx context.Context, cni gocni.CNI, asked request) (any, error) {
			return nil, cni.Check(ctx, asked.ID, asked.Netns, u.says(asked)...)
		}),
		"status": with(func(_ context.Context, cni gocni.CNI, _ request) (any, error) {
			return nil, cni.Status()
		}),
	}
}

// containerd is its CRI part: the directory's first list, behind a loopback network of its own.
var containerd = user{
	load: func(asked request) (gocni.CNI, error) {
		cni, err := gocni.New(
			gocni.WithMinNetworkCount(2),
			gocni.WithPluginConfDir(asked.ConfDir),
			gocni.WithPluginMaxConfNum(1),
			gocni.WithPluginDir([]string{asked.PluginDir}),
		)
		if err != nil {
			return nil, err
		}
		return cni, cni.Load(gocni.WithLoNetwork, gocni.WithDefaultConf)
	},
	says: func(asked request) []gocni.NamespaceOpts {
		return []gocni.NamespaceOpts{
			gocni.WithLabels(map[string]string{
				"K8S_POD_NAMESPACE":          "default",
				"K8S_POD_NAME":               asked.ID,
				"K8S_POD_INFRA_CONTAINER_ID": asked.ID,
				"K8S_POD_UID":                "5bb8f3a2-0d5f-4a06-8a63-57a5a1a1c0de",
				"IgnoreUnknown":              "1",
			}),
			gocni.WithCapability("io.kubernetes.cri.pod-annotations", map[string]string{"a/b": "c"}),
			gocni.WithCapabilityPortMap(portsOf(asked)),
			gocni.WithCapabilityCgroupPath("/kubepods/besteffort/pod"),
		}
	},
}

// byText loads a list that the program makes itself.
func byText(asked request) (gocni.CNI, error) {
	cni, err := gocni.New(
		gocni.WithPluginDir([]string{asked.PluginDir}),
		gocni.WithInterfacePrefix("eth"),
	)
	if err != nil {
		return nil, err
	}
	return cni, cni.Load(gocni.WithConfListBytes(asked.List))
}

var nomad = user{
	load:    byText,
	forgets: true,
	says: func(asked request) []gocni.NamespaceOpts {
		return []gocni.NamespaceOpts{
			gocni.WithCapabilityPortMap(portsOf(asked)),
			gocni.WithArgs("IgnoreUnknown", "true"),
			gocni.WithArgs("NOMAD_ALLOC_ID", asked.ID),
			gocni.WithArgs("NOMAD_GROUP_NAME", "group"),
			gocni.WithArgs("NOMAD_JOB_ID", "job"),
			gocni.WithArgs("NOMAD_NAMESPACE", "default"),
			gocni.WithArgs("NOMAD_REGION", "global"),
		}
	},
}

// nerdctl is its OCI hook.
var nerdctl = user{
	load:   byText,
	clears: true,
	says: func(asked request) []gocni.NamespaceOpts {
		options := []gocni.NamespaceOpts{
			gocni.WithLabels(map[string]string{"IgnoreUnknown": "1"}),
			gocni.WithArgs("NERDCTL_CNI_DHCP_HOSTNAME", asked.ID),
		}
		if len(asked.Ports) > 0 {
			options = append(options, gocni.WithCapabilityPortMap(portsOf(asked)))
		}
		if len(asked.IPs) > 0 {
			options = append(options, gocni.WithCapability("ips", asked.IPs))
		}
		for name, value := range asked.Args {
			options = append(options, gocni.WithArgs(name, value))
		}
		return options
	},
}

func portsOf(asked request) []gocni.PortMapping {
	ports := []gocni.PortMapping{}
	for _, port := range asked.Ports {
		ports = append(ports, gocni.PortMapping{
			HostPort:      port.HostPort,
			ContainerPort: port.ContainerPort,
			Protocol:      port.Protocol,
		})
	}
	return ports
}

func seen(result *gocni.Result) attached {
	answer := attached{
		Addresses: map[string][]string{},
		Gateways:  map[string][]string{},
		Macs:      map[string]string{},
		Sandboxes: map[string]string{},
	}
	for name, link := range result.Interfaces {
		answer.Macs[name] = link.Mac
		answer.Sandboxes[name] = link.Sandbox
		for _, ip := range link.IPConfigs {
			answer.Addresses[name] = append(answer.Addresses[name], ip.IP.String())
			answer.Gateways[name] = append(answer.Gateways[name], ip.Gateway.String())
		}
	}
	return answer
}
