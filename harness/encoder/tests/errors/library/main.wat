(module (@custom "dylink.0" "\01\04\00\00\00\00"))
