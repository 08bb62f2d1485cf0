(module (@custom "component-type:main" "what is this"))
