//! What computes the steps of training.

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use crate::error::NetworkError;

/// A device that networks are trained on. Fitted networks answer on the CPU, whatever they were trained on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComputeDevice {
    /// The CPU, by the kernels of this workspace.
    #[default]
    Cpu,
    /// The CPU by `LibTorch` (cargo feature `tch`).
    Tch,
    /// An NVIDIA card (cargo feature `cuda`).
    Cuda,
    /// Any card that speaks Vulkan, Metal or DirectX 12 (cargo feature `wgpu`).
    Wgpu,
}

impl ComputeDevice {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Cpu, Self::Tch, Self::Cuda, Self::Wgpu];

    /// The name, as configurations write it; of all but `cpu` also the cargo feature.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Tch => "tch",
            Self::Cuda => "cuda",
            Self::Wgpu => "wgpu",
        }
    }

    /// True when this program was built with it.
    pub fn is_built_in(self) -> bool {
        match self {
            Self::Cpu => true,
            Self::Tch => cfg!(feature = "tch"),
            Self::Cuda => cfg!(feature = "cuda"),
            Self::Wgpu => cfg!(feature = "wgpu"),
        }
    }

    /// Burn's device, without autodiff.
    ///
    /// # Errors
    /// When this program was built without it.
    pub(crate) fn open(self) -> Result<Device, NetworkError> {
        match self {
            Self::Cpu => Ok(Device::flex()),
            #[cfg(feature = "tch")]
            Self::Tch => Ok(Device::libtorch()),
            #[cfg(feature = "cuda")]
            Self::Cuda => Ok(Device::cuda(0)),
            #[cfg(feature = "wgpu")]
            Self::Wgpu => Ok(Device::wgpu(burn::tensor::DeviceKind::DefaultDevice)),
            #[cfg(not(all(feature = "tch", feature = "cuda", feature = "wgpu")))]
            other => Err(NetworkError::Device(other)),
        }
    }
}
