// callbacks.hpp -- the functions of a run: progress, a clock, and threads that share the work.
#ifndef SRD_CALLBACKS_HPP
#define SRD_CALLBACKS_HPP

#include <atomic>
#include <utility>

#include "error.hpp"

namespace srd
{

// What an explainer calls during a run. Made by watch(); it must stay where it is until the run is over.
class watcher : public deferred
{
public:
    void put_into(srd_run_options &options) noexcept
    {
        options.progress = progress_;
        options.clock = clock_;
        options.user = this;
    }

protected:
    watcher(srd_progress progress, srd_clock clock) noexcept : progress_(progress), clock_(clock)
    {
    }

private:
    srd_progress progress_;
    srd_clock clock_;
};

template <class Progress, class Clock> class watcher_of : public watcher
{
public:
    watcher_of(Progress progress, Clock clock)
        : watcher(&watcher_of::report, &watcher_of::time), progress_(std::move(progress)), clock_(std::move(clock))
    {
    }

private:
    static watcher_of &self(void *user) noexcept
    {
        return *static_cast<watcher_of *>(static_cast<watcher *>(user));
    }
    static srd_status report(void *user, int32_t done, int32_t total) noexcept
    {
        bool stop = false;
        const bool good = self(user).call([&] { stop = self(user).progress_(done, total); });
        return stop || !good ? SRD_ERR_CANCELLED : SRD_OK;
    }
    static uint64_t time(void *user) noexcept
    {
        uint64_t now = 0;
        (void)self(user).call([&] { now = self(user).clock_(); });
        return now;
    }

    Progress progress_;
    Clock clock_;
};

struct never_stop {
    bool operator()(int32_t, int32_t) const noexcept
    {
        return false;
    }
};
struct no_clock {
    uint64_t operator()() const noexcept
    {
        return 0;
    }
};

// auto seen = srd::watch([](int32_t done, int32_t total) { return false; });   true: stop, the run throws SRD_ERR_CANCELLED
// With a clock, step_info() tells the time of each step in its units; watch(srd::never_stop(), clock) is a clock alone.
template <class Progress, class Clock = no_clock> watcher_of<Progress, Clock> watch(Progress progress, Clock clock = Clock())
{
    return watcher_of<Progress, Clock>(std::move(progress), std::move(clock));
}

// Threads of the caller's that share the work of one explainer. Made by share(); it must stay where it is until the explainer
// is gone.
class worker_pool : public deferred
{
public:
    int32_t workers() const noexcept
    {
        return workers_;
    }
    srd_parallel_for parallel_for() const noexcept
    {
        return function_;
    }

protected:
    worker_pool(int32_t count, srd_parallel_for function) noexcept : workers_(count), function_(function)
    {
    }

private:
    int32_t workers_;
    srd_parallel_for function_;
};

// One piece of work: each call does what is left until nothing is, as the worker of the given number.
class shared_work
{
public:
    shared_work(srd_task task, void *context, int32_t count) noexcept : task_(task), context_(context), count_(count), next_(0)
    {
    }
    void operator()(int32_t worker) noexcept
    {
        for (int32_t i = next_++; i < count_; i = next_++) task_(context_, i, worker);
    }

private:
    srd_task task_;
    void *context_;
    int32_t count_;
    std::atomic<int32_t> next_; // at most count + workers: it stays in range
};

template <class Pool> class worker_pool_of : public worker_pool
{
public:
    worker_pool_of(int32_t count, Pool pool) : worker_pool(count, &worker_pool_of::run), pool_(std::move(pool))
    {
    }

private:
    static void run(void *user, srd_task task, void *context, int32_t count, int32_t workers) noexcept
    {
        worker_pool_of &self = *static_cast<worker_pool_of *>(static_cast<worker_pool *>(user));
        shared_work work(task, context, count);
        // The library needs every task done, and has no ear for failures: what the pool leaves over is done here.
        (void)self.call([&] { self.pool_(count < workers ? count : workers, work); });
        work(0);
    }

    Pool pool_;
};

// auto pool = srd::share(4, [&](int32_t workers, srd::shared_work &work) { ... });   calls work(0) ... work(workers - 1), at
// the same time if it can, and returns, or throws, when all calls have returned. A pool that throws, for instance because
// there are no more threads, loses nothing: the calling thread finishes the work, and then the explainer throws it again.
template <class Pool> worker_pool_of<Pool> share(int32_t workers, Pool pool)
{
    return worker_pool_of<Pool>(workers, std::move(pool));
}

} // namespace srd

#endif
