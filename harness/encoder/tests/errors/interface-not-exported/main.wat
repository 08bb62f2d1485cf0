(module
  (import "[export]my:app/things@1.0.0" "[resource-new]thing" (func (param i32) (result i32)))
  (import "[export]things" "[resource-new]thing" (func (param i32) (result i32)))
  (import "[export]my:app/thinks@1.0.0" "[resource-drop]thing" (func (param i32)))
  (import "[export]my:app/given@1.0.0" "[resource-drop]thing" (func (param i32)))
  (import "[export]given" "[resource-drop]thing" (func (param i32)))
  (import "[export]nowhere" "[resource-drop]thing" (func (param i32)))
  (func (export "my:app/given@1.0.0#make")))
