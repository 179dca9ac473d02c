package fleet

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/retry"
)

// List is all groups of a cluster.
func List(ctx context.Context, client kubernetes.Interface) ([]Group, error) {
	list, err := client.CoreV1().ConfigMaps(metav1.NamespaceSystem).List(ctx, metav1.ListOptions{
		LabelSelector: labels.Set{LabelGroup: "true"}.String(),
	})
	if err != nil {
		return nil, fmt.Errorf("node groups: %w", err)
	}
	groups := make([]Group, len(list.Items))
	for i := range list.Items {
		if groups[i], err = Read(&list.Items[i]); err != nil {
			return nil, err
		}
	}
	return groups, nil
}

// Get is a group of a cluster as it is now. found is false when there is none.
func Get(ctx context.Context, client kubernetes.Interface, name string) (g Group, found bool, err error) {
	config, err := client.CoreV1().ConfigMaps(metav1.NamespaceSystem).Get(ctx, ConfigMapName(name), metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return Group{}, false, nil
	}
	if err != nil {
		return Group{}, false, fmt.Errorf("node group %s: %w", name, err)
	}
	g, err = Read(config)
	return g, err == nil, err
}

// Publish tells a cluster of a group as the account has it, and returns the
// group together with what the autoscaler did to it meanwhile.
func Publish(ctx context.Context, client kubernetes.Interface, g Group) (merged Group, err error) {
	maps := client.CoreV1().ConfigMaps(metav1.NamespaceSystem)
	err = retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		current, err := maps.Get(ctx, ConfigMapName(g.Name), metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			merged = g
			created, err := g.ConfigMap()
			if err != nil {
				return err
			}
			_, err = maps.Create(ctx, created, metav1.CreateOptions{})
			if apierrors.IsAlreadyExists(err) {
				return apierrors.NewConflict(schema.GroupResource{Resource: "configmaps"}, created.Name, err)
			}
			return err
		}
		if err != nil {
			return err
		}
		published, err := Read(current)
		if err != nil {
			return err
		}
		merged = g.Merged(published)
		wanted, err := merged.ConfigMap()
		if err != nil {
			return err
		}
		if equal(current.Data, wanted.Data) {
			return nil
		}
		current.Data = wanted.Data
		_, err = maps.Update(ctx, current, metav1.UpdateOptions{})
		return err
	})
	if err != nil {
		return Group{}, fmt.Errorf("node group %s: %w", g.Name, err)
	}
	return merged, nil
}

func equal(x, y map[string]string) bool {
	return x[keyGroup] == y[keyGroup] && x[keyRoster] == y[keyRoster]
}

// Change lets f change the roster of a group, and writes it unless f says that
// nothing is to change. A group that is gone is not found.
func Change(ctx context.Context, client kubernetes.Interface, name string, f func(*Group) (changed bool, err error)) (found bool, err error) {
	maps := client.CoreV1().ConfigMaps(metav1.NamespaceSystem)
	err = retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		current, err := maps.Get(ctx, ConfigMapName(name), metav1.GetOptions{})
		if err != nil {
			return err
		}
		group, err := Read(current)
		if err != nil {
			return err
		}
		changed, err := f(&group)
		if err != nil || !changed {
			return err
		}
		wanted, err := group.ConfigMap()
		if err != nil {
			return err
		}
		current.Data[keyRoster] = wanted.Data[keyRoster]
		_, err = maps.Update(ctx, current, metav1.UpdateOptions{})
		return err
	})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("node group %s: %w", name, err)
	}
	return true, nil
}

// Withdraw forgets a group and returns it as it was last: nothing is started in
// it from then on. A group that is not there has no machines.
func Withdraw(ctx context.Context, client kubernetes.Interface, name string) (last Group, err error) {
	maps := client.CoreV1().ConfigMaps(metav1.NamespaceSystem)
	err = retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		current, err := maps.Get(ctx, ConfigMapName(name), metav1.GetOptions{})
		if err != nil {
			return err
		}
		if last, err = Read(current); err != nil {
			return err
		}
		return maps.Delete(ctx, current.Name, metav1.DeleteOptions{
			Preconditions: &metav1.Preconditions{ResourceVersion: &current.ResourceVersion},
		})
	})
	if apierrors.IsNotFound(err) {
		return Group{Name: name}, nil
	}
	if err != nil {
		return Group{}, fmt.Errorf("node group %s: %w", name, err)
	}
	return last, nil
}
