// pool.hpp -- srd/pool.h from C++11 on: a pool of threads that any number of explainers may share, from several host threads at once.
//
//     srd::thread_pool pool;                                          // as many threads as there are processors
//     srd::explainer first(graph, {}, &pool), second(graph, {}, &pool); // each used by one host thread at a time
//
// It must stay where it is until its explainers are gone. Needs srd::cpp and srd::pool.
#ifndef SRD_POOL_HPP
#define SRD_POOL_HPP

#include <memory>

#include <srd/callbacks.hpp>
#include <srd/pool.h>

namespace srd
{

class thread_pool : public worker_pool
{
public:
    explicit thread_pool(int32_t threads = 0, int32_t wait = SRD_POOL_WAIT_AWAKE) : thread_pool(create(threads, wait))
    {
    }
    thread_pool(const thread_pool &) = delete;
    thread_pool &operator=(const thread_pool &) = delete;

    srd_pool *get() const noexcept
    {
        return handle_.get();
    }

private:
    struct freed {
        void operator()(srd_pool *handle) const noexcept
        {
            srd_pool_free(handle);
        }
    };

    explicit thread_pool(srd_pool *handle) noexcept : worker_pool(srd_pool_threads(handle), &thread_pool::run), handle_(handle)
    {
    }

    static srd_pool *create(int32_t threads, int32_t wait)
    {
        sized<srd_detail> detail;
        sized<srd_pool_options> options;
        srd_pool *handle = nullptr;
        options.wait = wait;
        check(srd_pool_create(threads, &options, &handle, &detail), detail, "srd_pool_create");
        return handle;
    }

    static void run(void *user, srd_task task, void *context, int32_t count, int32_t workers) noexcept
    {
        const thread_pool &self = *static_cast<thread_pool *>(static_cast<worker_pool *>(user));
        srd_pool_parallel_for(self.get(), task, context, count, workers);
    }

    std::unique_ptr<srd_pool, freed> handle_;
};

} // namespace srd

#endif
