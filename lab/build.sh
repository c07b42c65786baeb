# shellcheck shell=bash
# The parts of the board; script/lab sources this file. A part NAME is a directory in the cache that
# make_NAME fills. It is named by the content of everything it is made from, so a changed recipe is
# built again and nothing else is (part_dir), and it appears whole or not at all (build).

: "${top:?}" "${lab:?}" "${cache:?}" "${log:?}"

suite=bookworm
cross=aarch64-linux-gnu
gcc=$cross-gcc-12
libraries=(libc6-dev linux-libc-dev libwebsockets-dev libjpeg62-turbo-dev libsystemd-dev
    libjansson-dev libinih-dev libcurl4-openssl-dev libncurses-dev libssl-dev)

# Files and folders of lab/ that a part is made from, and the parts it stands on.
declare -A inputs=([bootstrap]=packages [kernel]=initramfs-init [image]=board [tools]=tools)
declare -A bases=([kernel]=sysroot [tools]=sysroot [image]="bootstrap kernel")

part_dir() {
    local name=$1 base helpers
    mapfile -t helpers < <(compgen -A function "${name}_")
    {
        declare -p suite cross gcc libraries
        declare -f "make_$name" "${helpers[@]}"
        if [[ -n ${inputs[$name]:-} ]]; then
            tar -c --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$lab" "${inputs[$name]}"
        fi
        for base in ${bases[$name]:-}; do
            part_dir "$base"
        done
    } | sha256sum | (read -r sum _ && echo "$cache/$name-${sum:0:12}")
}

build() {
    local name=$1 dir started=$SECONDS
    dir=$(part_dir "$name")
    if [[ -d $dir ]]; then
        return
    fi
    rm -rf "$cache/$name"-*
    mkdir "$dir.new"
    (
        trap 'trap - EXIT; exit 3' INT TERM
        trap '[[ $? == 0 ]] || tell_failure "$log/build-$name.log"' EXIT
        "make_$name" "$dir.new" >"$log/build-$name.log" 2>&1
    )
    mv "$dir.new" "$dir"
    say "built the $name in $((SECONDS - started)) s"
}

tell_failure() {
    printf 'script/lab: building failed; the end of %s:\n' "$1" >&2
    tail -n 15 "$1" >&2
}

# A Debian tree with the headers and libraries that twinlens is compiled against. Nothing in it is
# ever run, so nothing is configured.
make_sysroot() {
    local tree=$1/tree
    mmdebstrap --arch=arm64 --variant=extract --include="$(IFS=, && echo "${libraries[*]}")" \
        "$suite" "$tree"
    # Absolute links would lead out of the tree.
    find "$tree/usr" "$tree/lib" -type l -lname '/*' -printf '%p %l\n' | while read -r link target; do
        ln -sfnr "$tree$target" "$link"
    done
}

# Debian's arm64 system with the packages of the list, but no kernel: the hooks of its package
# (mkinitramfs) hang under user emulation.
make_bootstrap() {
    mmdebstrap --arch=arm64 --variant=minbase \
        --include="$(sed 's/#.*//' "$lab/packages" | xargs | tr ' ' ,)" "$suite" "$1/root.tar"
}

# A configuration for apt alone, for arm64 and, as the headers come with programs to run, for this
# machine, from where the sysroot came. The lists and the architectures of this machine stay as
# they are.
kernel_configure_apt() {
    local dir=$1 sources
    sources=$(part_dir sysroot)/tree/etc/apt/sources.list
    mkdir -p "$dir/state/lists/partial" "$dir/cache/archives/partial" "$dir/empty"
    touch "$dir/status"
    cat >"$dir/apt.conf" <<-END
	APT::Architecture "arm64";
	APT::Architectures { "arm64"; "$(dpkg --print-architecture)"; };
	APT::Sandbox::User "root";
	Dir::State "$dir/state";
	Dir::State::status "$dir/status";
	Dir::Cache "$dir/cache";
	Dir::Etc::sourcelist "$sources";
	Dir::Etc::sourceparts "$dir/empty";
	Dir::Etc::preferencesparts "$dir/empty";
	Dir::Etc::trusted "/usr/share/keyrings/debian-archive-keyring.gpg";
	END
    APT_CONFIG=$dir/apt.conf apt-get update -q
}

# Prints the first dependency of PACKAGE that matches the awk PATTERN.
kernel_dependency() {
    APT_CONFIG=$1/apt.conf apt-cache depends "$2" |
        awk -v pattern="$3" '$1 == "Depends:" && $2 ~ pattern && !found { print $2; found = 1 }'
}

# Busybox, the modules of the disk and its file system, and the init that loads them.
kernel_make_initramfs() {
    local tree=$1 version=$2 root=$3 module
    mkdir -p "$root"/{bin,dev,proc,root,modules}
    cp "$tree/bin/busybox" "$root/bin/"
    cp "$lab/initramfs-init" "$root/init"
    for module in virtio_pci virtio_blk crc32c_generic ext4; do
        modprobe -d "$tree" -S "$version" --show-depends "$module"
    done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r module; do
        cp "$module" "$root/modules/"
        basename "$module" >>"$root/modules/order"
    done
    (cd "$root" && find . | cpio -o -H newc --quiet)
}

# Debian's kernel and modules, v4l2loopback built for it, and an initramfs.
make_kernel() {
    local dir=$1 tree=$1/tree image version common kbuild headers
    mkdir "$dir/apt" "$dir/debs" "$tree"
    kernel_configure_apt "$dir/apt"
    image=$(kernel_dependency "$dir/apt" linux-image-arm64 '^linux-image-')
    version=${image#linux-image-}
    common=$(kernel_dependency "$dir/apt" "linux-headers-$version" '-common$')
    kbuild=$(kernel_dependency "$dir/apt" "linux-headers-$version" '^linux-kbuild-')
    (cd "$dir/debs" && APT_CONFIG=$dir/apt/apt.conf apt-get download -q "$image" \
        "linux-headers-$version" "$common" "${kbuild%:*}:$(dpkg --print-architecture)" \
        v4l2loopback-dkms busybox-static)
    for deb in "$dir/debs"/*.deb; do
        dpkg-deb -x "$deb" "$tree"
    done

    headers=$tree/usr/src/linux-headers-$version
    sed -i "s,/usr/src/,$tree/usr/src/,g" "$headers/Makefile"
    local loopback=("$tree"/usr/src/v4l2loopback-*)
    make -C "$headers" M="${loopback[0]}" ARCH=arm64 CROSS_COMPILE="$cross-" CC="$gcc" modules
    install -D -m 644 -t "$tree/lib/modules/$version/extra" "${loopback[0]}/v4l2loopback.ko"
    depmod -b "$tree" "$version"

    kernel_make_initramfs "$tree" "$version" "$dir/initramfs.d" >"$dir/initramfs"
    mv "$tree/boot/vmlinuz-$version" "$dir/vmlinuz"
    mkdir "$dir/modules"
    mv "$tree/lib/modules/$version" "$dir/modules/"
    rm -rf "$dir"/{apt,debs,tree,initramfs.d} "$dir/modules/$version"/{build,source}
}

# The disk: the system, the kernel's modules, and the files of lab/board over both.
make_image() {
    local dir=$1 root=$1/root
    mkdir "$root"
    tar -x -f "$(part_dir bootstrap)/root.tar" -C "$root"
    cp -r "$(part_dir kernel)/modules" "$root/usr/lib/"
    cp -r --no-preserve=ownership "$lab/board/." "$root/"
    mkdir -p "$root/lab"
    echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
    mke2fs -q -t ext4 -L board -d "$root" "$dir/disk" 3G
    rm -rf "$root"
}

# The programs of the lab that run on the board and share nothing with the product.
make_tools() {
    local dir=$1 tree
    tree=$(part_dir sysroot)/tree
    local flags=(--sysroot="$tree" -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror)
    "$gcc" "${flags[@]}" -o "$dir/lab-feeder" "$lab/tools/feeder.c" -ljpeg
    "$gcc" "${flags[@]}" -o "$dir/lab-fragment" "$lab/tools/fragment.c"
}

# load for this machine, which watches the board from outside; only what changed, too.
build_load() {
    local share=$1 dir=$cache/load started=$SECONDS
    (
        trap 'trap - EXIT; exit 3' INT TERM
        trap '[[ $? == 0 ]] || tell_failure "$log/build-load.log"' EXIT
        exec >"$log/build-load.log" 2>&1
        if [[ ! -e $dir/build.ninja ]]; then
            rm -rf "$dir"
            meson setup --buildtype=release -Dtests=false "$dir" "$top"
        fi
        ninja -C "$dir" src/cli/twinlens-load
    )
    cp "$dir/src/cli/twinlens-load" "$share/load"
    say "built load for this machine in $((SECONDS - started)) s"
}

# Cross-builds twinlens (only what changed since the last time) and fills the folder that the board
# sees as /lab: the installed tree, the viewer that measures, and the tools.
build_twinlens() {
    local share=$1 started=$SECONDS sysroot dir
    sysroot=$(part_dir sysroot)
    dir=$cache/twinlens-${sysroot##*-}
    (
        trap 'trap - EXIT; exit 3' INT TERM
        trap '[[ $? == 0 ]] || tell_failure "$log/build-twinlens.log"' EXIT
        build_twinlens_in "$dir" "$sysroot/tree" "$share" >"$log/build-twinlens.log" 2>&1
    )
    cp "$(part_dir tools)"/* "$share/"
    say "built twinlens in $((SECONDS - started)) s"
}

build_twinlens_in() {
    local dir=$1 tree=$2 share=$3
    if [[ ! -e $dir/build.ninja ]]; then
        rm -rf "$cache/twinlens"-*
        printf "[constants]\nsysroot = '%s'\n" "$tree" >"$cache/sysroot.ini"
        meson setup --cross-file "$cache/sysroot.ini" --cross-file "$lab/cross.ini" --prefix=/usr \
            --buildtype=release -Dtests=false "$dir" "$top"
    fi
    ninja -C "$dir" all lab/lab-viewer
    rm -rf "$share"
    DESTDIR=$share/root meson install -C "$dir" --no-rebuild --strip
    cp "$dir/lab/lab-viewer" "$share/"
}
