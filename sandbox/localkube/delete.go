package localkube

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// DeleteCluster ends the processes of a cluster, also of one that was created
// only in part, and removes its folder. Deleting what does not exist is no
// error.
func (c *Clusters) DeleteCluster(ctx context.Context, name string) error {
	cl, err := c.cluster(name)
	if err != nil {
		return err
	}
	unlock, err := c.lockFile(ctx, name+".lock", "local cluster "+name)
	if err != nil {
		return err
	}
	defer unlock()
	if err := cl.stop(ctx); err != nil {
		return err
	}
	// Renamed first, so that a deletion cut short never leaves a folder that
	// looks like a cluster and has half of its data.
	trash := filepath.Join(c.opts.Dir, ".deleted-"+name)
	if err := os.RemoveAll(trash); err != nil {
		return fmt.Errorf("deleting local cluster %s: %w", name, err)
	}
	if err := os.Rename(cl.dir, trash); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("deleting local cluster %s: %w", name, err)
	}
	if err := os.RemoveAll(trash); err != nil {
		return fmt.Errorf("deleting local cluster %s: %w", name, err)
	}
	return nil
}
