//! libsrd from Rust, without a crate and without cargo: the declarations that one needs, and what they must hold.
//!
//!     rustc --edition 2021 smoke.rs -L native=FOLDER -l static=srd -l m && ./smoke
//!
//! It builds the network of the README, runs it, asks for a map and prints it. It ends with status 1 at the first thing that
//! is not as the headers say. A binding would keep mod ffi, and hide all else behind types that own the handles.
use std::cell::Cell;
use std::ffi::CStr;
use std::mem::{size_of, MaybeUninit};
use std::os::raw::{c_char, c_void};
use std::ptr::{null, null_mut};

/// What the C headers declare. Statuses, layers and choices are plain i32: a later library may know more of them than an
/// enum of today, and a number that a Rust enum does not have is undefined behaviour.
#[allow(dead_code)]
mod ffi {
    use super::*;

    pub const SRD_OK: i32 = 0;
    pub const SRD_ERR_ARGUMENT: i32 = -10;
    pub const SRD_ERR_SHAPE: i32 = -20;
    pub const SRD_ERR_STATE: i32 = -30;
    pub const SRD_ERR_CANCELLED: i32 = -80;
    pub const SRD_LAYER_NONE: i32 = -1;
    pub const SRD_FLOAT32: i32 = 1;
    pub const SRD_TARGET_DIRECTION: i32 = 3;

    /// Handles have no size and no content here, and are neither Send nor Sync nor Unpin by themselves.
    macro_rules! handles {
        ($($name:ident),*) => { $(
            #[repr(C)]
            pub struct $name {
                _opaque: [u8; 0],
                _marker: std::marker::PhantomData<(*mut u8, std::marker::PhantomPinned)>,
            }
        )* };
    }
    handles!(Tensor, Graph, Explainer);

    #[repr(C)]
    pub struct Detail {
        pub struct_size: u32,
        pub status: i32,
        pub layer: i32,
        pub reserved: i32,
        pub layer_name: [c_char; 64],
        pub text: [c_char; 240],
    }

    #[repr(C)]
    pub struct Memory {
        pub struct_size: u32,
        pub reserved: u32,
        pub buffer: *mut c_void,
        pub buffer_size: usize,
        pub allocate: Option<unsafe extern "C" fn(user: *mut c_void, size: usize, alignment: usize) -> *mut c_void>,
        pub release: Option<unsafe extern "C" fn(user: *mut c_void, memory: *mut c_void, size: usize)>,
        pub user: *mut c_void,
    }

    #[repr(C)]
    pub struct Conv2dOptions {
        pub struct_size: u32,
        pub stride: [i32; 2],
        pub pad: [i32; 4],
        pub dilation: [i32; 2],
        pub groups: i32,
    }

    #[repr(C)]
    pub struct Keep {
        pub layer: i32,
        pub what: i32,
    }

    pub type Task = unsafe extern "C" fn(context: *mut c_void, index: i32, worker: i32);

    #[repr(C)]
    pub struct ExplainerOptions {
        pub struct_size: u32,
        pub mode: i32,
        pub batch: i32,
        pub input_size_count: i32,
        pub keep_count: i32,
        pub workers: i32,
        pub input_sizes: *const i32,
        pub keeps: *const Keep,
        pub parallel_for:
            Option<unsafe extern "C" fn(user: *mut c_void, task: Task, context: *mut c_void, count: i32, workers: i32)>,
        pub parallel_user: *mut c_void,
    }

    #[repr(C)]
    pub struct RunOptions {
        pub struct_size: u32,
        pub patterns: i32,
        pub pattern_count: i32,
        pub reserved: i32,
        pub pattern_layers: *const i32,
        pub progress: Option<unsafe extern "C" fn(user: *mut c_void, done: i32, total: i32) -> i32>,
        pub clock: Option<unsafe extern "C" fn(user: *mut c_void) -> u64>,
        pub user: *mut c_void,
    }

    #[repr(C)]
    pub struct QuestionOptions {
        pub struct_size: u32,
        pub contrastive: i32,
    }

    #[repr(C)]
    pub struct ScoreOptions {
        pub struct_size: u32,
        pub output: i32,
        pub contrastive: i32,
    }

    #[repr(C)]
    pub struct Target {
        pub struct_size: u32,
        pub kind: i32,
        pub output: i32,
        pub class_index: i32,
        pub other_class: i32,
        pub reserved: i32,
        pub classes: *const i32,
        pub direction: *const Tensor,
        pub mask: *const Tensor,
    }

    #[repr(C)]
    pub struct Report {
        pub struct_size: u32,
        pub reserved: i32,
        pub score: f64,
        pub head_bias: f64,
        pub subtracted: f64,
        pub top: f64,
        pub at_inputs: f64,
        pub at_constants: f64,
        pub unreached: f64,
        pub magnitude: f64,
        pub largest_ratio_error: f64,
        pub special_positions: i64,
    }

    #[rustfmt::skip] // a function is a line, as in C
    extern "C" {
        pub fn srd_version() -> i32;
        pub fn srd_status_name(status: i32) -> *const c_char;
        pub fn srd_tensor_view(kind: i32, rank: i32, shape: *const i64, strides: *const i64, data: *mut c_void, memory: *const Memory, out: *mut *mut Tensor, detail: *mut Detail) -> i32;
        pub fn srd_tensor_view_const(kind: i32, rank: i32, shape: *const i64, strides: *const i64, data: *const c_void, memory: *const Memory, out: *mut *mut Tensor, detail: *mut Detail) -> i32;
        pub fn srd_tensor_free(tensor: *mut Tensor);
        pub fn srd_graph_create(options: *const c_void, memory: *const Memory, out: *mut *mut Graph, detail: *mut Detail) -> i32;
        pub fn srd_graph_free(graph: *mut Graph);
        pub fn srd_graph_input(graph: *mut Graph, name: *const c_char, channels: i32, height: i32, width: i32) -> i32;
        pub fn srd_graph_conv2d(graph: *mut Graph, name: *const c_char, input: i32, weight: *const Tensor, bias: *const Tensor, options: *const Conv2dOptions) -> i32;
        pub fn srd_graph_relu(graph: *mut Graph, name: *const c_char, input: i32) -> i32;
        pub fn srd_graph_global_avg_pool(graph: *mut Graph, name: *const c_char, input: i32) -> i32;
        pub fn srd_graph_linear(graph: *mut Graph, name: *const c_char, input: i32, weight: *const Tensor, bias: *const Tensor, options: *const c_void) -> i32;
        pub fn srd_graph_output(graph: *mut Graph, layer: i32, detail: *mut Detail) -> i32;
        pub fn srd_graph_seal(graph: *mut Graph, detail: *mut Detail) -> i32;
        pub fn srd_explainer_create(graph: *const Graph, options: *const ExplainerOptions, memory: *const Memory, out: *mut *mut Explainer, detail: *mut Detail) -> i32;
        pub fn srd_explainer_free(explainer: *mut Explainer);
        pub fn srd_explainer_run(explainer: *mut Explainer, inputs: *const *const Tensor, count: i32, options: *const RunOptions, detail: *mut Detail) -> i32;
        pub fn srd_explainer_ask_top(explainer: *mut Explainer, options: *const ScoreOptions, layers: *const i32, maps: *const *mut Tensor, count: i32, detail: *mut Detail) -> i32;
        pub fn srd_explainer_ask(explainer: *mut Explainer, targets: *const *const Target, target_count: i32, options: *const QuestionOptions, layers: *const i32, maps: *const *mut Tensor, count: i32, detail: *mut Detail) -> i32;
        pub fn srd_explainer_report(explainer: *const Explainer, report: *mut Report, detail: *mut Detail) -> i32;
    }
}
use ffi::*;

/// A public struct with struct_size set and all else 0, which is the default of every field.
///
/// # Safety
/// T is one of the structs above: repr(C), beginning with struct_size, and valid when all bytes are 0.
unsafe fn sized<T>() -> T {
    let mut value = MaybeUninit::<T>::zeroed();
    *value.as_mut_ptr().cast::<u32>() = size_of::<T>() as u32;
    value.assume_init()
}

/// A text for C: terminated, and constant.
macro_rules! name {
    ($text:literal) => {
        concat!($text, "\0").as_ptr().cast::<c_char>()
    };
}

fn text(of: *const c_char) -> String {
    // Safety: the library terminates its texts.
    unsafe { CStr::from_ptr(of) }.to_string_lossy().into_owned()
}

/// The failure of a call, from its status and the detail that belongs to it.
fn check(status: i32, why: &Detail) -> Result<(), String> {
    if status == SRD_OK {
        return Ok(());
    }
    let name = text(unsafe { srd_status_name(status) });
    Err(format!("{name}: {} {}", text(why.layer_name.as_ptr()), text(why.text.as_ptr())))
}

/// A tensor handle that looks at a slice, which outlives it.
struct View<'a> {
    handle: *mut Tensor,
    _numbers: std::marker::PhantomData<&'a mut [f32]>,
}

impl<'a> View<'a> {
    fn of(numbers: &'a [f32], shape: &[i64]) -> Result<Self, String> {
        let (mut handle, mut why) = (null_mut(), unsafe { sized::<Detail>() });
        assert!(shape.iter().product::<i64>() as usize <= numbers.len());
        let status = unsafe {
            let data = numbers.as_ptr().cast();
            srd_tensor_view_const(
                SRD_FLOAT32,
                shape.len() as i32,
                shape.as_ptr(),
                null(),
                data,
                null(),
                &mut handle,
                &mut why,
            )
        };
        check(status, &why)?;
        Ok(View { handle, _numbers: std::marker::PhantomData })
    }

    fn of_mut(numbers: &'a mut [f32], shape: &[i64]) -> Result<Self, String> {
        let (mut handle, mut why) = (null_mut(), unsafe { sized::<Detail>() });
        assert!(shape.iter().product::<i64>() as usize <= numbers.len());
        let status = unsafe {
            let data = numbers.as_mut_ptr().cast();
            srd_tensor_view(
                SRD_FLOAT32,
                shape.len() as i32,
                shape.as_ptr(),
                null(),
                data,
                null(),
                &mut handle,
                &mut why,
            )
        };
        check(status, &why)?;
        Ok(View { handle, _numbers: std::marker::PhantomData })
    }
}

impl Drop for View<'_> {
    fn drop(&mut self) {
        unsafe { srd_tensor_free(self.handle) }
    }
}

struct OwnedGraph(*mut Graph);
impl Drop for OwnedGraph {
    fn drop(&mut self) {
        unsafe { srd_graph_free(self.0) }
    }
}

struct OwnedExplainer(*mut Explainer);
impl Drop for OwnedExplainer {
    fn drop(&mut self) {
        unsafe { srd_explainer_free(self.0) }
    }
}

fn new_graph() -> Result<OwnedGraph, String> {
    let (mut graph, mut why) = (null_mut(), unsafe { sized::<Detail>() });
    check(unsafe { srd_graph_create(null(), null(), &mut graph, &mut why) }, &why)?;
    Ok(OwnedGraph(graph))
}

/// Sizes as in docs/api-conventions.md, for pointers of 8 bytes.
fn sizes() {
    assert_eq!(size_of::<Detail>(), 320);
    assert_eq!(size_of::<Conv2dOptions>(), 40);
    assert_eq!(size_of::<Keep>(), 8);
    assert_eq!(size_of::<QuestionOptions>(), 8);
    assert_eq!(size_of::<ScoreOptions>(), 12);
    assert_eq!(size_of::<Report>(), 88);
    if size_of::<usize>() == 8 {
        assert_eq!(size_of::<Memory>(), 48);
        assert_eq!(size_of::<ExplainerOptions>(), 56);
        assert_eq!(size_of::<RunOptions>(), 48);
        assert_eq!(size_of::<Target>(), 48);
    }
    assert_eq!(unsafe { srd_version() } / 100, 2, "declared for version 0.2");
}

/// The network of the README: its score on the pixels 1 3 1 is 5. Returns the input's layer.
fn build(graph: &OwnedGraph) -> Result<i32, String> {
    let (kernel, shift) = (View::of(&[1., 1., 1., -1.], &[2, 1, 1, 2])?, View::of(&[-2., 0.], &[2])?);
    let (weight, bias) = (View::of(&[1., 2.], &[1, 2])?, View::of(&[1.], &[1])?);
    let mut why = unsafe { sized::<Detail>() };
    let status;
    let picture;

    // Failures wait until seal, so no layer call is checked.
    unsafe {
        picture = srd_graph_input(graph.0, name!("picture"), 1, 1, 3);
        let conv = srd_graph_conv2d(graph.0, name!("conv"), picture, kernel.handle, shift.handle, null());
        let mean = srd_graph_global_avg_pool(graph.0, null(), srd_graph_relu(graph.0, name!("features"), conv));
        srd_graph_output(graph.0, srd_graph_linear(graph.0, name!("score"), mean, weight.handle, bias.handle, null()), null_mut());
        status = srd_graph_seal(graph.0, &mut why);
    }
    check(status, &why)?;
    Ok(picture)
}

/// What the callback below knows. It is shared with the running call, so it is never borrowed mutably.
struct Seen {
    steps: Cell<i32>,
    stop: Cell<bool>,
}

/// Counts the steps of a run, and stops it when told to. A panic in it would abort the process, as the language has
/// it for extern "C" functions; a binding catches it here (catch_unwind), returns SRD_ERR_CANCELLED, and resumes it after the call.
unsafe extern "C" fn count_steps(user: *mut c_void, _done: i32, _total: i32) -> i32 {
    let seen = &*(user as *const Seen);
    seen.steps.set(seen.steps.get() + 1);
    if seen.stop.get() { SRD_ERR_CANCELLED } else { SRD_OK }
}

fn explain() -> Result<(), String> {
    let graph = new_graph()?;
    let picture = build(&graph)?;
    let (mut handle, mut why) = (null_mut(), unsafe { sized::<Detail>() });
    check(unsafe { srd_explainer_create(graph.0, null(), null(), &mut handle, &mut why) }, &why)?;
    let explainer = OwnedExplainer(handle);
    drop(graph); // the explainer holds it
    let mut numbers = [0f32; 3];
    let map = View::of_mut(&mut numbers, &[1, 3])?;
    let pixels = View::of(&[1., 3., 1.], &[1, 1, 3])?;
    let inputs = [pixels.handle as *const Tensor];
    let mut report = unsafe { sized::<Report>() };
    let seen = Seen { steps: Cell::new(0), stop: Cell::new(false) };
    let mut run = unsafe { sized::<RunOptions>() };
    run.progress = Some(count_steps);
    run.user = &seen as *const Seen as *mut c_void;

    unsafe {
        assert_eq!(srd_explainer_run(explainer.0, inputs.as_ptr(), 1, &run, null_mut()), SRD_OK);
        assert!(seen.steps.get() > 0);
        assert_eq!(srd_explainer_ask_top(explainer.0, null(), &picture, &map.handle, 1, null_mut()), SRD_OK);
        assert_eq!(srd_explainer_report(explainer.0, &mut report, null_mut()), SRD_OK);
    }
    drop(map);
    println!("{} = {} + {} + {}", numbers.iter().sum::<f32>(), numbers[0], numbers[1], numbers[2]);
    for (number, expected) in numbers.iter().zip([-0.1875f32, 5.625, -0.4375]) {
        assert!((number - expected).abs() < 1e-6, "{numbers:?}");
    }
    assert!((report.score - 5.0).abs() < 1e-6);
    assert!((report.score - report.head_bias - report.subtracted - report.top).abs() <= 1e-6 * report.magnitude);
    let arrived = report.at_inputs + report.at_constants + report.unreached;
    assert!((report.top - arrived).abs() <= 1e-6 * report.magnitude);

    // The same by a target: twice the score.
    let twice = View::of(&[2.], &[1])?;
    let mut target = unsafe { sized::<Target>() };
    (target.kind, target.direction) = (SRD_TARGET_DIRECTION, twice.handle);
    let map = View::of_mut(&mut numbers, &[1, 3])?;
    let targets = [&target as *const Target];
    assert_eq!(
        unsafe { srd_explainer_ask(explainer.0, targets.as_ptr(), 1, null(), &picture, &map.handle, 1, null_mut()) },
        SRD_OK
    );
    drop(map);
    assert!((numbers[1] - 11.25).abs() < 1e-5, "{numbers:?}");

    // Stopped by the callback; then a picture of another shape, refused with the layer's name.
    seen.stop.set(true);
    let wrong = View::of(&[0.; 4], &[1, 1, 4])?;
    unsafe {
        assert_eq!(srd_explainer_run(explainer.0, inputs.as_ptr(), 1, &run, null_mut()), SRD_ERR_CANCELLED);
        assert_eq!(srd_explainer_ask_top(explainer.0, null(), null(), null(), 0, null_mut()), SRD_ERR_STATE);
        assert_eq!(srd_explainer_run(explainer.0, &(wrong.handle as *const Tensor), 1, null(), &mut why), SRD_ERR_SHAPE);
    }
    assert_eq!((why.status, why.layer), (SRD_ERR_SHAPE, picture));
    assert_eq!(text(why.layer_name.as_ptr()), "picture");
    Ok(())
}

/// A failure while building sticks, and seal tells of the first one.
fn fail() -> Result<(), String> {
    let graph = new_graph()?;
    let weight = View::of(&[1.; 4], &[1, 2, 1, 2])?;
    let mut why = unsafe { sized::<Detail>() };
    unsafe {
        let x = srd_graph_input(graph.0, null(), 1, 4, 4);
        let x = srd_graph_conv2d(graph.0, name!("stem"), x, weight.handle, null(), null());
        assert_eq!(x, SRD_LAYER_NONE);
        assert_eq!(srd_graph_relu(graph.0, null(), x), SRD_LAYER_NONE);
        assert_eq!(srd_graph_seal(graph.0, &mut why), SRD_ERR_SHAPE);
    }
    let told = check(why.status, &why).unwrap_err();
    assert!(told.starts_with("SRD_ERR_SHAPE: stem ") && told.contains("channels"), "{told}");

    // A struct without its size.
    let mut options = unsafe { sized::<Conv2dOptions>() };
    options.struct_size = 0;
    let graph = new_graph()?;
    unsafe {
        let x = srd_graph_input(graph.0, null(), 2, 4, 4);
        assert_eq!(srd_graph_conv2d(graph.0, null(), x, weight.handle, null(), &options), SRD_LAYER_NONE);
        assert_eq!(srd_graph_seal(graph.0, &mut why), SRD_ERR_ARGUMENT);
    }
    assert!(text(why.text.as_ptr()).contains("struct_size"));
    Ok(())
}

fn main() -> Result<(), String> {
    sizes();
    explain()?;
    fail()
}
