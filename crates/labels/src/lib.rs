//! Label definitions, each with the interval of future bars it needs
