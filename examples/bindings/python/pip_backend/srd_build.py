"""Makes the Python package of libsrd: compiles the library and puts it into a wheel beside the Python files. pip calls this.

    pip install examples/bindings/python            from a clone; with -v it shows what is being done

It is a build backend as PEP 517 and PEP 660 describe one, of Python's standard library only, so that nothing is downloaded. A C
compiler is needed; with CMake the library is built as always, without it by the compiler alone. CC and CFLAGS are heeded.
"""
import base64
import hashlib
import io
import os
import pathlib
import platform
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

HERE = pathlib.Path(__file__).resolve().parents[1]
NAME = 'libsrd'
OF_LIBRARY = ['CMakeLists.txt', 'LICENSE', 'cmake', 'docs/CMakeLists.txt', 'include', 'lib']  # what an sdist has of it
OF_PACKAGE = ['README.md', 'pip_backend', 'pyproject.toml', 'srd']
LIBRARY = {'darwin': 'libsrd.dylib', 'win32': 'srd.dll'}.get(sys.platform, 'libsrd.so')  # as srd/native.py looks for it


def say(text):
    """What is being done, for pip -v; pip shows it also if the build fails."""
    print(f'libsrd: {text}', flush=True)


def sources():
    """The folder with the sources of the library: of the clone, or of an sdist."""
    for folder in (HERE / 'libsrd', *HERE.parents[2:3]):
        if (folder / 'include/srd/version.h').is_file():
            return folder
    raise SystemExit(f'libsrd: the sources of the library were found neither in {HERE / "libsrd"} nor three folders above {HERE}. '
                     'Install from a clone of the whole project; a pip before 21.3 copies this folder away from there: '
                     'use a newer one (python3 -m pip install --upgrade pip)')


def version():
    """As include/srd/version.h has it."""
    text = (sources() / 'include/srd/version.h').read_text(encoding='utf-8')
    return '.'.join(re.search(rf'^#define SRD_VERSION_{part} (\d+)$', text, re.M)[1] for part in ('MAJOR', 'MINOR', 'PATCH'))


# ---- compiling -------------------------------------------------------------------------------------------------------

def _run(command, **how):
    """Run a program; what it says goes to pip."""
    say(' '.join(map(str, command)))
    subprocess.run(list(map(str, command)), check=True, stderr=subprocess.STDOUT, **how)


def _by_cmake(root, folder):
    """The library as the project's own build makes it."""
    # the map keeps the paths of this machine out of the library, where a compiler would write them
    flags = os.environ.get('CFLAGS', '') + ('' if sys.platform == 'win32' else f' -ffile-prefix-map={root}=libsrd')
    off = [f'-DSRD_{what}=OFF' for what in ('BUILD_TESTS', 'BUILD_EXAMPLES', 'BUILD_STATIC', 'INSTALL')]
    _run(['cmake', '-S', root, '-B', folder, '-DCMAKE_BUILD_TYPE=Release', '-DSRD_BUILD_SHARED=ON', *off],
         env={**os.environ, 'CFLAGS': flags.strip()})
    _run(['cmake', '--build', folder, '--config', 'Release', '--target', 'srd_shared', '--parallel', os.cpu_count() or 1])
    return max((path for path in folder.rglob(LIBRARY) if path.is_file()), key=lambda path: path.stat().st_mtime).resolve()


def _by_compiler(root, folder):
    """The library by the C compiler alone."""
    compiler = shlex.split(os.environ.get('CC', 'cc'))
    flags = ['-std=c11', '-O3', '-DNDEBUG', '-fPIC', '-fvisibility=hidden', '-ffp-contract=off', '-fno-math-errno',
             f'-ffile-prefix-map={root}=libsrd', '-DSRD_BUILDING', f'-I{root / "include"}', f'-I{root / "lib"}',
             *shlex.split(os.environ.get('CFLAGS', ''))]
    files = sorted(root.glob('lib/*/*.c'))
    objects = [folder / f'{path.parent.name}_{path.stem}.o' for path in files]
    say(' '.join([*compiler, *flags, '-c', f'({len(files)} files below {root / "lib"})']))
    folder.mkdir(exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(lambda pair: subprocess.run([*compiler, *flags, '-c', pair[0], '-o', pair[1]], check=True),
                      zip(files, objects)))
    major_minor = version().rpartition('.')[0]
    name = ['-dynamiclib', f'-Wl,-install_name,@rpath/{LIBRARY}'] if sys.platform == 'darwin' else \
        ['-shared', f'-Wl,-soname,{LIBRARY}.{major_minor}']
    say(f'linking {LIBRARY}')
    subprocess.run([*compiler, *name, *objects, '-lm', '-o', folder / LIBRARY], check=True)
    return folder / LIBRARY


def compile_library(folder):
    """Compiles the library in a folder, and returns its path."""
    root = sources()
    builder = os.environ.get('CMAKE_GENERATOR') or shutil.which('make') or sys.platform == 'win32'
    ways = [(_by_cmake, 'CMake')] if shutil.which('cmake') and builder else []
    if sys.platform != 'win32':
        ways.append((_by_compiler, 'the C compiler alone'))
    failures = []
    for way, name in ways:
        say(f'compiling the library {version()} by {name}; this takes a minute or two')
        start = time.monotonic()
        try:
            library = way(root, pathlib.Path(folder) / way.__name__)
            say(f'{library.name}: {library.stat().st_size // 1024} KB in {time.monotonic() - start:.0f} s')
            return library
        except (subprocess.CalledProcessError, OSError, ValueError) as error:
            failures.append(f'{name}: {error}')
            say(f'that failed: {error}')
    raise SystemExit('libsrd: the library could not be compiled; a C compiler is needed, on Debian: apt install gcc libc6-dev. '
                     + '; '.join(failures))


# ---- writing ---------------------------------------------------------------------------------------------------------

def _files(root, names):
    """{path in an archive: path here} of files and folders below root, without what interpreters and editors leave."""
    found = {}
    for name in names:
        path = root / name
        for file in sorted(path.rglob('*')) if path.is_dir() else [path]:
            parts = file.relative_to(root).parts
            if file.is_file() and file.suffix not in ('.pyc', '.so', '.dylib', '.dll') and \
                    not any(part.startswith('.') or part == '__pycache__' for part in parts):
                found['/'.join(parts)] = file
    return found


def metadata():
    """The text of METADATA and PKG-INFO."""
    return '\n'.join([
        'Metadata-Version: 2.1', f'Name: {NAME}', f'Version: {version()}',
        'Summary: Explains neural networks by Sharing Ratio Decomposition: which pixels made it say that',
        'License: MIT', 'Requires-Python: >=3.8', 'Requires-Dist: numpy', 'Provides-Extra: torch',
        "Requires-Dist: torch>=1.13; extra == 'torch'", 'Provides-Extra: plot', "Requires-Dist: matplotlib; extra == 'plot'",
        'Description-Content-Type: text/markdown', '', (HERE / 'README.md').read_text(encoding='utf-8')])


def tag():
    """py3-none-PLATFORM: any Python 3, one kind of machine."""
    name = sysconfig.get_platform()
    if name.startswith('linux') and sys.maxsize < 2 ** 32:  # a 32-bit Python on a 64-bit kernel
        name = name.replace('x86_64', 'i686').replace('aarch64', 'armv7l')
    if name.endswith(('universal2', 'universal')):  # the interpreter is for several machines, what is compiled here for this one
        name = name.rpartition('-')[0] + '-' + platform.machine()
        name = name.replace('10.9-arm64', '11.0-arm64')  # the first macOS of these machines
    return 'py3-none-' + re.sub(r'[-.]', '_', name)


def _dist_info():
    return f'{NAME}-{version()}.dist-info'


def _about():
    """{path in the wheel: bytes} of what describes a wheel."""
    info = _dist_info()
    wheel = f'Wheel-Version: 1.0\nGenerator: srd_build\nRoot-Is-Purelib: false\nTag: {tag()}\n'
    return {f'{info}/METADATA': metadata().encode(), f'{info}/WHEEL': wheel.encode(),
            f'{info}/LICENSE': (sources() / 'LICENSE').read_bytes()}


def _write_wheel(folder, content):
    """A wheel of {path: bytes}, with its list of checksums; returns its name."""
    name, record, lines = f'{NAME}-{version()}-{tag()}.whl', f'{_dist_info()}/RECORD', []
    for path, data in content.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()
        lines.append(f'{path},sha256={digest},{len(data)}\n')
    content = {**content, record: ''.join([*lines, f'{record},,\n']).encode()}
    with zipfile.ZipFile(pathlib.Path(folder) / name, 'w', zipfile.ZIP_DEFLATED) as archive:
        for path, data in content.items():
            entry = zipfile.ZipInfo(path)  # of 1980: the same files give the same wheel
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, (0o100755 if path.endswith(LIBRARY) else 0o100644) << 16
            archive.writestr(entry, data)
    say(f'{name} is written')
    return name


# ---- what pip calls --------------------------------------------------------------------------------------------------

def get_requires_for_build_wheel(config_settings=None):
    """Nothing has to be downloaded."""
    return []


get_requires_for_build_sdist = get_requires_for_build_editable = get_requires_for_build_wheel


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    """Who this is, without compiling."""
    for path, data in _about().items():
        file = pathlib.Path(metadata_directory, path)
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(data)
    return _dist_info()


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """The package with the library inside."""
    with tempfile.TemporaryDirectory(prefix='libsrd-') as folder:
        library = compile_library(folder).read_bytes()
    content = {path: file.read_bytes() for path, file in _files(HERE, ['srd']).items()}
    return _write_wheel(wheel_directory, {**content, f'srd/{LIBRARY}': library, **_about()})


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    """pip install -e: the files of the clone. The library is the newest one in a folder build*/ of the clone."""
    say('the library is not compiled: an editable package takes the newest one in a folder build*/ of the clone, made by '
        'cmake -S . -B build && cmake --build build')
    return _write_wheel(wheel_directory, {f'{NAME}.pth': f'{HERE}\n'.encode(), **_about()})


def build_sdist(sdist_directory, config_settings=None):
    """The package and the sources of the library."""
    base, root = f'{NAME}-{version()}', sources()
    files = {f'libsrd/{path}': file for path, file in _files(root, OF_LIBRARY).items()}
    content = {path: file.read_bytes() for path, file in {**_files(HERE, OF_PACKAGE), **files}.items()}
    with tarfile.open(pathlib.Path(sdist_directory) / f'{base}.tar.gz', 'w:gz', format=tarfile.PAX_FORMAT) as archive:
        for path, data in {**content, 'PKG-INFO': metadata().encode()}.items():
            entry = tarfile.TarInfo(f'{base}/{path}')
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))
    say(f'{base}.tar.gz is written')
    return f'{base}.tar.gz'
