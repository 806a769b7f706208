// SPDX-License-Identifier: MIT
// The precompiled header of the tests needs a source that it is made for.
