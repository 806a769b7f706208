# SPDX-License-Identifier: MIT
# Sourced by run-tests, run-examples and run-benchmarks, which set `preset`: installs, configures and
# builds. `definitions`: further arguments of cmake.
# build_preset TARGET [PACKAGE...]

heading() { printf '\n== %s\n' "$*"; }

# Open MPI refuses to run as root, and more ranks than cores, unless told.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1

build_preset() {
  local packages=(libxgboost-dev libfccp-dev gnuplot-nox "${@:2}")  # these are for the hyperparameter search
  case $preset in *clang* | asan | tsan | fuzz) packages+=(clang) ;; esac
  case $preset in *openmpi*) packages+=(openmpi-bin libopenmpi-dev) ;; esac
  case $preset in
    asan | tsan | fuzz)  # Clang's sanitizers and its libFuzzer, and names of functions in what they say
      if ! compgen -G "/usr/lib/llvm-*/lib/clang/*/lib/*/libclang_rt.fuzzer*.a" > /dev/null; then
        packages+=(libclang-rt-dev)
      fi
      if ! command -v llvm-symbolizer > /dev/null; then packages+=(llvm); fi ;;
  esac
  heading "Looking for what the build needs"
  tools/install-dependencies "${packages[@]}"
  heading "Configuring in build/$preset"
  cmake --preset "$preset" ${definitions[@]+"${definitions[@]}"}
  heading "Building"
  cmake --build "build/$preset" --target "$1" --parallel "$(nproc)"
}

cache_value() { sed -n "s/^$1:[^=]*=//p" "build/$preset/CMakeCache.txt"; }
