// SPDX-License-Identifier: MIT
// ranks: 1
// A program that runs no test case has not passed.
// exit: failure
// expect: FAILED: no test case was run
