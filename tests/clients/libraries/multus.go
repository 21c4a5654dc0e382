package main

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/containernetworking/cni/libcni"
	"github.com/containernetworking/cni/pkg/types"
)

// delegate is a network that multus attaches: the cluster's, or one of a pod's annotation.
type delegate struct {
	List         json.RawMessage `json:"list"`
	IfName       string          `json:"ifName"`
	Capabilities map[string]any  `json:"capabilities"`
}

type multusNetwork struct {
	list *libcni.NetworkConfigList
	conf *libcni.RuntimeConf
}

// multus calls a chain for each network of a pod, with one cache.
type multus struct {
	cni      *libcni.CNIConfig
	networks []multusNetwork
}

func newMultus(asked request) (multus, error) {
	m := multus{cni: libcni.NewCNIConfigWithCacheDir([]string{asked.PluginDir}, asked.CacheDir, nil)}
	for _, each := range asked.Networks {
		list, err := libcni.ConfListFromBytes(each.List)
		if err != nil {
			return m, err
		}
		conf := ofSandbox(asked)
		conf.IfName = each.IfName
		conf.CapabilityArgs = each.Capabilities
		m.networks = append(m.networks, multusNetwork{list, conf})
	}
	return m, nil
}

// multusSetup attaches in order; when one fails, it detaches what it has attached, and that one.
func multusSetup(ctx context.Context, asked request) (any, error) {
	m, err := newMultus(asked)
	if err != nil {
		return nil, err
	}
	results := []types.Result{}
	for at, network := range m.networks {
		result, err := m.cni.AddNetworkList(ctx, network.list, network.conf)
		if err != nil {
			return nil, errors.Join(err, m.detach(ctx, m.networks[:at+1]))
		}
		results = append(results, result)
	}
	return results, nil
}

// detach goes from the back and past failures.
func (m multus) detach(ctx context.Context, networks []multusNetwork) error {
	var all error
	for at := len(networks) - 1; at >= 0; at-- {
		all = errors.Join(all, m.cni.DelNetworkList(ctx, networks[at].list, networks[at].conf))
	}
	return all
}

func multusRemove(ctx context.Context, asked request) (any, error) {
	m, err := newMultus(asked)
	if err != nil {
		return nil, err
	}
	return nil, m.detach(ctx, m.networks)
}

func multusCheck(ctx context.Context, asked request) (any, error) {
	m, err := newMultus(asked)
	if err != nil {
		return nil, err
	}
	for _, network := range m.networks {
		if err := m.cni.CheckNetworkList(ctx, network.list, network.conf); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func multusStatus(ctx context.Context, asked request) (any, error) {
	m, err := newMultus(asked)
	if err != nil {
		return nil, err
	}
	for _, network := range m.networks {
		if err := m.cni.GetStatusNetworkList(ctx, network.list); err != nil {
			return nil, err
		}
	}
	return nil, nil
}
