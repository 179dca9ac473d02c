package agent

import (
	"context"
	"time"

	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
)

// queue of keys to look at, with one worker: what is done here is little, and
// so no part needs to guard its state.
type queue struct {
	workqueue.TypedRateLimitingInterface[string]
}

func newQueue(name string) queue {
	// The longest pause decides how soon work goes on after the API server
	// was away.
	limiter := workqueue.NewTypedItemExponentialFailureRateLimiter[string](100*time.Millisecond, 10*time.Second)
	config := workqueue.TypedRateLimitingQueueConfig[string]{Name: name}
	return queue{workqueue.NewTypedRateLimitingQueueWithConfig(limiter, config)}
}

// run hands out keys until ctx ends, and again, after a pause, those that fail.
func (q queue) run(ctx context.Context, sync func(context.Context, string) error) {
	defer context.AfterFunc(ctx, q.ShutDown)()
	for {
		key, shutdown := q.Get()
		if shutdown {
			return
		}
		if err := sync(ctx, key); err != nil && ctx.Err() == nil {
			klog.FromContext(ctx).Error(err, "Will be tried again", "key", key)
			q.AddRateLimited(key)
		} else {
			q.Forget(key)
		}
		q.Done(key)
	}
}

// onAnyChange calls f for objects added, changed and deleted.
func onAnyChange(f func(obj any)) cache.ResourceEventHandlerFuncs {
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    f,
		UpdateFunc: func(_, obj any) { f(obj) },
		DeleteFunc: func(obj any) {
			if last, ok := obj.(cache.DeletedFinalStateUnknown); ok {
				obj = last.Obj
			}
			f(obj)
		},
	}
}
