package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/go-version"
)

// judged is what a Nomad client reports of a plugin, and what its servers conclude.
type judged struct {
	Version string `json:"version"`
	// The scheduler places jobs in bridge mode.
	Placed bool `json:"placed"`
	// The client runs CHECK on allocations that it finds after a restart.
	Checked bool `json:"checked"`
}

// fingerprint starts each file of the directory as Nomad does: without arguments, for three seconds.
func fingerprint(ctx context.Context, asked request) (any, error) {
	entries, err := os.ReadDir(asked.PluginDir)
	if err != nil {
		return nil, err
	}
	placed := version.MustConstraints(version.NewConstraint(">= 0.4.0"))
	checked := version.MustConstraints(version.NewConstraint(">= 1.3.0"))
	answer := map[string]judged{}
	for _, entry := range entries {
		found := firstVersion(output(ctx, filepath.Join(asked.PluginDir, entry.Name())))
		if found == nil {
			answer[entry.Name()] = judged{Version: "unknown"}
			continue
		}
		answer[entry.Name()] = judged{found.Original(), placed.Check(found), checked.Check(found)}
	}
	return answer, nil
}

func output(ctx context.Context, path string) string {
	limited, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	said, err := exec.CommandContext(limited, path).CombinedOutput()
	if err != nil {
		return ""
	}
	return string(said)
}

func firstVersion(said string) *version.Version {
	for _, word := range strings.Fields(said) {
		if found, err := version.NewSemver(word); err == nil {
			return found
		}
	}
	return nil
}
