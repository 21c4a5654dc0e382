// Program clients drives plugins by the libraries that container runtimes are built on, as those
// runtimes call them. It takes a library, an operation and one JSON object, and prints one.
//
//	containerd, nomad, nerdctl: github.com/containerd/go-cni
//	crio, multus:               github.com/containernetworking/cni/libcni
//	versions:                   github.com/hashicorp/go-version, on the output of plugins
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// request is what a call is about; each client uses a part of it.
type request struct {
	ConfDir   string            `json:"confDir"`
	List      json.RawMessage   `json:"list"`
	PluginDir string            `json:"pluginDir"`
	CacheDir  string            `json:"cacheDir"`
	ID        string            `json:"id"`
	Netns     string            `json:"netns"`
	Valid     []string          `json:"valid"`
	Args      map[string]string `json:"args"`
	IPs       []string          `json:"ips"`
	Ports     []portMapping     `json:"ports"`
	Networks  []delegate        `json:"networks"`
}

type portMapping struct {
	HostPort      int32
	ContainerPort int32
	Protocol      string
}

type operation func(context.Context, request) (any, error)

var clients = map[string]map[string]operation{
	"containerd": containerd.operations(),
	"nomad":      nomad.operations(),
	"nerdctl":    nerdctl.operations(),
	"crio": {
		"setup":  crioSetup,
		"remove": crioRemove,
		"check":  crioCheck,
		"status": crioStatus,
		"gc":     crioGC,
	},
	"multus": {
		"setup":  multusSetup,
		"remove": multusRemove,
		"check":  multusCheck,
		"status": multusStatus,
	},
	"versions": {
		"fingerprint": fingerprint,
	},
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(words []string) error {
	if len(words) != 3 {
		return fmt.Errorf("usage: clients CLIENT OPERATION REQUEST")
	}
	perform := clients[words[0]][words[1]]
	if perform == nil {
		return fmt.Errorf("there is no operation %s of %s", words[1], words[0])
	}
	var asked request
	if err := json.Unmarshal([]byte(words[2]), &asked); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	answer, err := perform(ctx, asked)
	if err != nil || answer == nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(answer)
}
