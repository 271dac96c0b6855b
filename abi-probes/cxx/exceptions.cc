// Frames that throw and catch, and questions to the C++ runtime, for scenarios.
//
// Rust cannot throw C++ exceptions. It passes steps, which run where C++ has it: in
// a handler, or in a destructor while an exception is on its way. A step may
// suspend the coroutine that it runs on.

#include <cstdint>
#include <exception>

namespace {

// What probes throw: it says who threw it.
struct Numbered {
    std::uint64_t number;
};

using Step = void (*)(void *data);
using Switch = void *(*)(void *coroutine, void *value);

// Takes a step when its scope is left.
struct Departure {
    Step step;
    void *data;
    ~Departure() { step(data); }
};

// Counts how often its scope is left.
struct Witness {
    int *count;
    ~Witness() { ++*count; }
};

// For numbers of exceptions: there is none, and it is none of ours.
constexpr std::uint64_t none = 0;
constexpr std::uint64_t foreign = 1;

Switch suspend_with;
int bodies_unwound;

}  // namespace

extern "C" {

// Takes a step in a handler.
void unscathed_cxx_in_handler(std::uint64_t number, Step step, void *data) {
    try {
        throw Numbered{number};
    } catch (const Numbered &) {
        step(data);
    }
}

// Takes a step in a destructor, while an exception is on its way.
void unscathed_cxx_in_flight(std::uint64_t number, Step step, void *data) {
    try {
        Departure departure{step, data};
        throw Numbered{number};
    } catch (const Numbered &) {
    }
}

// Takes a step in a scope that has something to destroy.
void unscathed_cxx_in_scope(int *left, Step step, void *data) {
    Witness witness{left};
    step(data);
}

// The number of the exception that is being handled.
std::uint64_t unscathed_cxx_current() {
    std::exception_ptr current = std::current_exception();
    if (!current) return none;
    try {
        std::rethrow_exception(current);
    } catch (const Numbered &numbered) {
        return numbered.number;
    } catch (...) {
        return foreign;
    }
}

// The number of what `throw;` throws.
std::uint64_t unscathed_cxx_rethrown() {
    // Where there is nothing to throw, it ends the process.
    if (!std::current_exception()) return none;
    try {
        throw;
    } catch (const Numbered &numbered) {
        return numbered.number;
    } catch (...) {
        return foreign;
    }
}

int unscathed_cxx_uncaught() { return std::uncaught_exceptions(); }

// Tells bodies how to suspend.
void unscathed_cxx_suspend_with(Switch suspend) { suspend_with = suspend; }

// A body that throws the number that it gets. At 0 it suspends and asks again.
void *unscathed_cxx_throwing_body(void *self, void *first) {
    Witness witness{&bodies_unwound};
    while (!first) first = suspend_with(self, nullptr);
    throw Numbered{reinterpret_cast<std::uintptr_t>(first)};
}

// Resumes, and gives the number of the exception that comes out.
std::uint64_t unscathed_cxx_resume(Switch resume, void *coroutine, void *value) {
    try {
        resume(coroutine, value);
        return none;
    } catch (const Numbered &numbered) {
        return numbered.number;
    } catch (...) {
        return foreign;
    }
}

// How many throwing bodies have been left.
int unscathed_cxx_bodies_unwound() { return bodies_unwound; }

}  // extern "C"
