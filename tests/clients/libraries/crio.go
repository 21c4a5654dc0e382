package main

import (
	"context"

	"github.com/containernetworking/cni/libcni"
	"github.com/containernetworking/cni/pkg/types"
)

// network is what CRI-O calls libcni with: the directory's first list, and a cache of its own.
type network struct {
	cni  *libcni.CNIConfig
	list *libcni.NetworkConfigList
}

func crio(asked request) (network, error) {
	files, err := libcni.ConfFiles(asked.ConfDir, []string{".conflist"})
	if err != nil {
		return network{}, err
	}
	list, err := libcni.NetworkConfFromFile(files[0])
	if err != nil {
		return network{}, err
	}
	dirs := []string{asked.PluginDir}
	return network{libcni.NewCNIConfigWithCacheDir(dirs, asked.CacheDir, nil), list}, nil
}

func ofSandbox(asked request) *libcni.RuntimeConf {
	return &libcni.RuntimeConf{
		ContainerID: asked.ID,
		NetNS:       asked.Netns,
		IfName:      "eth0",
		Args: [][2]string{
			{"IgnoreUnknown", "1"},
			{"K8S_POD_NAMESPACE", "default"},
			{"K8S_POD_NAME", asked.ID},
			{"K8S_POD_INFRA_CONTAINER_ID", asked.ID},
			{"K8S_POD_UID", "5bb8f3a2-0d5f-4a06-8a63-57a5a1a1c0de"},
		},
		CapabilityArgs: map[string]any{
			"cgroupPath":                        "/kubepods.slice",
			"io.kubernetes.cri.pod-annotations": map[string]string{"a/b": "c"},
		},
	}
}

func crioSetup(ctx context.Context, asked request) (any, error) {
	net, err := crio(asked)
	if err != nil {
		return nil, err
	}
	return net.cni.AddNetworkList(ctx, net.list, ofSandbox(asked))
}

// crioRemove takes the configuration from the cache, and the file's where that has none.
func crioRemove(ctx context.Context, asked request) (any, error) {
	net, err := crio(asked)
	if err != nil {
		return nil, err
	}
	conf := ofSandbox(asked)
	if cached, with, err := net.cni.GetNetworkListCachedConfig(net.list, conf); err == nil && cached != nil {
		if list, err := libcni.ConfListFromBytes(cached); err == nil {
			net.list, conf = list, with
		}
	}
	return nil, net.cni.DelNetworkList(ctx, net.list, conf)
}

// crioCheck runs CHECK, and answers with what the cache has.
func crioCheck(ctx context.Context, asked request) (any, error) {
	net, err := crio(asked)
	if err != nil {
		return nil, err
	}
	if err := net.cni.CheckNetworkList(ctx, net.list, ofSandbox(asked)); err != nil {
		return nil, err
	}
	return net.cni.GetNetworkListCachedResult(net.list, ofSandbox(asked))
}

func crioStatus(ctx context.Context, asked request) (any, error) {
	net, err := crio(asked)
	if err != nil {
		return nil, err
	}
	return nil, net.cni.GetStatusNetworkList(ctx, net.list)
}

// crioGC is what CRI-O does once, when it starts: everything goes but the pods that it knows.
func crioGC(ctx context.Context, asked request) (any, error) {
	net, err := crio(asked)
	if err != nil {
		return nil, err
	}
	valid := []types.GCAttachment{}
	for _, id := range asked.Valid {
		valid = append(valid, types.GCAttachment{ContainerID: id, IfName: "eth0"})
	}
	return nil, net.cni.GCNetworkList(ctx, net.list, &libcni.GCArgs{ValidAttachments: valid})
}
