//! Everything that a coroutine switch must bring back, as data
