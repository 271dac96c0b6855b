//! What there is of C++ in a build that had no compiler for it.

use crate::scene::Scene;

/// Stands for every scenario that throws.
pub(super) fn skip(scene: Scene) {
    scene.skip("this build has no C++ compiler: install one, or set CXX, and build again")
}
