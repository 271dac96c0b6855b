// What the root of a coroutine does with a C++ exception that leaves its body.

#include <exception>
#include <stdexcept>

using Body = void *(*)(void *self, void *first);

extern "C" {

// Runs a body, and keeps what it throws.
void *unscathed_mutant_catch(Body body, void *self, void *first, std::exception_ptr **kept) {
    try {
        return body(self, first);
    } catch (...) {
        *kept = new std::exception_ptr(std::current_exception());
        return nullptr;
    }
}

// Throws what was kept.
[[noreturn]] void unscathed_mutant_rethrow(const std::exception_ptr *kept) {
    std::rethrow_exception(*kept);
}

// Throws something else.
[[noreturn]] void unscathed_mutant_replace() { throw std::runtime_error("a coroutine failed"); }

}  // extern "C"
