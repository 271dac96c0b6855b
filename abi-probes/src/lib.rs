//! Experiments that plant values, let a subject switch, and write down what they find
