package main

import (
	"context"

	gocni "github.com/containerd/go-cni"
)

// attached is what a runtime takes out of a result.
type attached struct {
	Addresses map[string][]string `json:"addresses"`
	Gateways  map[string][]string `json:"gateways"`
	Macs      map[string]string   `json:"macs"`
	Sandboxes map[string]string   `json:"sandboxes"`
}

// containerd loads the directory's first list, with a loopback network of its own before it.
func containerd(asked request) (gocni.CNI, error) {
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
}

// ofPod is what the CRI part of containerd says of a pod.
func ofPod(asked request) []gocni.NamespaceOpts {
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

func containerdSetup(ctx context.Context, asked request) (any, error) {
	cni, err := containerd(asked)
	if err != nil {
		return nil, err
	}
	result, err := cni.Setup(ctx, asked.ID, asked.Netns, ofPod(asked)...)
	if err != nil {
		return nil, err
	}
	return seen(result), nil
}

func containerdRemove(ctx context.Context, asked request) (any, error) {
	cni, err := containerd(asked)
	if err != nil {
		return nil, err
	}
	return nil, cni.Remove(ctx, asked.ID, asked.Netns, ofPod(asked)...)
}

func containerdCheck(ctx context.Context, asked request) (any, error) {
	cni, err := containerd(asked)
	if err != nil {
		return nil, err
	}
	return nil, cni.Check(ctx, asked.ID, asked.Netns, ofPod(asked)...)
}

func containerdStatus(_ context.Context, asked request) (any, error) {
	cni, err := containerd(asked)
	if err != nil {
		return nil, err
	}
	return nil, cni.Status()
}

// nomad gives the list as text, since it makes it itself.
func nomad(asked request) (gocni.CNI, error) {
	cni, err := gocni.New(
		gocni.WithPluginDir([]string{asked.PluginDir}),
		gocni.WithInterfacePrefix("eth"),
	)
	if err != nil {
		return nil, err
	}
	return cni, cni.Load(gocni.WithConfListBytes(asked.List))
}

// ofAllocation is what Nomad says of an allocation.
func ofAllocation(asked request) []gocni.NamespaceOpts {
	return []gocni.NamespaceOpts{
		gocni.WithCapabilityPortMap(portsOf(asked)),
		gocni.WithArgs("IgnoreUnknown", "true"),
		gocni.WithArgs("NOMAD_ALLOC_ID", asked.ID),
		gocni.WithArgs("NOMAD_GROUP_NAME", "group"),
		gocni.WithArgs("NOMAD_JOB_ID", "job"),
		gocni.WithArgs("NOMAD_NAMESPACE", "default"),
		gocni.WithArgs("NOMAD_REGION", "global"),
	}
}

func nomadSetup(ctx context.Context, asked request) (any, error) {
	cni, err := nomad(asked)
	if err != nil {
		return nil, err
	}
	result, err := cni.Setup(ctx, asked.ID, asked.Netns, ofAllocation(asked)...)
	if err != nil {
		return nil, err
	}
	return seen(result), nil
}

func nomadRemove(ctx context.Context, asked request) (any, error) {
	cni, err := nomad(asked)
	if err != nil {
		return nil, err
	}
	return nil, cni.Remove(ctx, asked.ID, asked.Netns, gocni.WithCapabilityPortMap(portsOf(asked)))
}

func nomadCheck(ctx context.Context, asked request) (any, error) {
	cni, err := nomad(asked)
	if err != nil {
		return nil, err
	}
	return nil, cni.Check(ctx, asked.ID, asked.Netns, ofAllocation(asked)...)
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
