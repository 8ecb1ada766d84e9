//! One fitted model over forests and networks, with its scaler
