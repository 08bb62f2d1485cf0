//! Converts a document of the `witx` crate into the model.

use witx::{BuiltinType, IntRepr, Layout, RecordKind, TypeRef};

use crate::error::AbiError;
use crate::hints::{Hints, TypeHint, Varies};
use crate::model::{Abi, Core, Count, Function, Length, Module, Output, Parameter, Shape};
use crate::source::Source;
use crate::types::{Case, Display, Field, Kind, Type};

/// Converts all modules of a document.
pub(super) fn abi(document: &witx::Document, hints: &Hints, source: &Source) -> Result<Abi, AbiError> {
    let types = Types { hints };
    let mut modules = Vec::new();
    for module in document.modules() {
        let mut functions = Vec::new();
        for function in module.funcs() {
            let failed = |message| AbiError::Function {
                path: source.path.clone(),
                module: module.name.as_str().to_string(),
                function: function.name.as_str().to_string(),
                message,
            };
            functions.push(types.function(&function).map_err(failed)?);
        }
        modules.push(Module { name: module.name.as_str().to_string(), functions });
    }
    if modules.iter().all(|module| module.functions.is_empty()) {
        return Err(AbiError::Empty { path: source.path.clone() });
    }
    Ok(Abi { modules })
}

/// Output of a function: its name, its type, and whether it is written to memory.
type NamedOutput = (String, Type, bool);

/// Converts types, with their hints.
pub(super) struct Types<'a> {
    pub(super) hints: &'a Hints,
}

impl Types<'_> {
    fn function(&self, function: &witx::InterfaceFunc) -> Result<Function, String> {
        let (ok, error) = self.outcome(function)?;
        let (params, results) = function.wasm_signature();
        let mut parameters: Vec<Parameter> = Vec::new();
        let mut core = 0;
        for param in &function.params {
            let ty = self.of(&param.tref);
            let shape = shape(&ty);
            parameters.push(Parameter { name: param.name.as_str().to_string(), core, ty, shape });
            core += if matches!(**param.tref.type_(), witx::Type::List(_)) { 2 } else { 1 };
        }
        pair_lengths(&mut parameters);
        let outputs = ok.into_iter().map(|(name, ty, in_memory)| {
            let at = in_memory.then(|| {
                core += 1;
                core - 1
            });
            Output { name, ty, core: at, known: None }
        });
        Ok(Function {
            name: function.name.as_str().to_string(),
            outputs: outputs.collect(),
            parameters,
            error,
            params: params.into_iter().map(core_type).collect(),
            results: results.into_iter().map(core_type).collect(),
            ends: function.noreturn,
            closes: None,
            moves: None,
        })
    }

    /// Returns the outputs of a function and the type of its error code. The `witx` crate has rejected results without a core type.
    fn outcome(&self, function: &witx::InterfaceFunc) -> Result<(Vec<NamedOutput>, Option<Type>), String> {
        let Some(result) = function.results.first() else { return Ok((Vec::new(), None)) };
        let expected = match &**result.tref.type_() {
            witx::Type::Variant(variant) if !variant.is_enum() => variant.as_expected(),
            _ => None,
        };
        let Some((ok, error)) = expected else {
            return Ok((vec![(text(&result.name), self.of(&result.tref), false)], None));
        };
        let error = match error {
            Some(error) => self.of(error),
            None => Type::new(Kind::Enum(vec!["ok".into(), "err".into()]), 4, 4),
        };
        if !matches!(*error.kind, Kind::Enum(_)) {
            return Err(
                "the type of its error is no enum; help: declare it as `(enum ..)`, with success first".to_string()
            );
        }
        Ok((ok.map(|ok| self.outputs(ok)).unwrap_or_default(), Some(error)))
    }

    /// Returns the outputs of a successful call: the values of a tuple are written to an address each.
    fn outputs(&self, ok: &TypeRef) -> Vec<NamedOutput> {
        let named = |ty: Type, at: usize| (ty.name.clone().unwrap_or_else(|| format!("result{at}")), ty, true);
        match &**ok.type_() {
            witx::Type::Record(record) if record.is_tuple() => {
                record.members.iter().enumerate().map(|(at, member)| named(self.of(&member.tref), at)).collect()
            }
            _ => vec![named(self.of(ok), 0)],
        }
    }

    /// Converts a type.
    pub(super) fn of(&self, tref: &TypeRef) -> Type {
        match tref {
            TypeRef::Value(ty) => self.anonymous(ty),
            TypeRef::Name(named) => {
                let name = named.name.as_str();
                let mut ty = Type { name: Some(name.to_string()), ..self.of(&named.tref) };
                let hint = self.hints.types.iter().find(|(key, _)| key.get_ref() == name);
                if let Some((_, hint)) = hint {
                    apply_hint(&mut ty, hint);
                }
                ty
            }
        }
    }

    fn anonymous(&self, ty: &witx::Type) -> Type {
        let layout = ty.mem_size_align();
        let kind = match ty {
            witx::Type::Builtin(builtin) => builtin_kind(*builtin),
            witx::Type::Handle(_) => Kind::Handle,
            witx::Type::Pointer(to) => Kind::Pointer { mutable: true, to: self.of(to) },
            witx::Type::ConstPointer(to) => Kind::Pointer { mutable: false, to: self.of(to) },
            // A string: its length is that of its UTF-8 bytes.
            witx::Type::List(element) if matches!(**element.type_(), witx::Type::Builtin(BuiltinType::Char)) => {
                Kind::List(Type { size: 1, align: 1, ..self.of(element) })
            }
            witx::Type::List(element) => Kind::List(self.of(element)),
            witx::Type::Record(record) => match record.kind {
                RecordKind::Bitflags(_) => Kind::Flags(record.members.iter().map(|flag| text(&flag.name)).collect()),
                RecordKind::Tuple | RecordKind::Other => Kind::Record(self.fields(record)),
            },
            witx::Type::Variant(variant) if variant.is_enum() => {
                Kind::Enum(variant.cases.iter().map(|case| text(&case.name)).collect())
            }
            witx::Type::Variant(variant) => Kind::Union {
                tag: repr_size(variant.tag_repr),
                offset: variant.payload_offset() as u64,
                cases: variant.cases.iter().map(|case| self.case(case)).collect(),
            },
        };
        Type::new(kind, layout.size as u64, layout.align as u64)
    }

    fn fields(&self, record: &witx::RecordDatatype) -> Vec<Field> {
        let layout = record.member_layout();
        let field = |place: &witx::RecordMemberLayout<'_>| Field {
            name: text(&place.member.name),
            ty: self.of(&place.member.tref),
            offset: place.offset as u64,
        };
        layout.iter().map(field).collect()
    }

    fn case(&self, case: &witx::Case) -> Case {
        Case { name: text(&case.name), ty: case.tref.as_ref().map(|ty| self.of(ty)) }
    }
}

fn text(id: &witx::Id) -> String {
    id.as_str().to_string()
}

fn builtin_kind(builtin: BuiltinType) -> Kind {
    match builtin {
        BuiltinType::Char => Kind::Char,
        BuiltinType::F32 | BuiltinType::F64 => Kind::Float,
        BuiltinType::S8 | BuiltinType::S16 | BuiltinType::S32 | BuiltinType::S64 => Kind::Integer { signed: true },
        BuiltinType::U8 { .. } | BuiltinType::U16 | BuiltinType::U32 { .. } | BuiltinType::U64 => {
            Kind::Integer { signed: false }
        }
    }
}

fn repr_size(repr: IntRepr) -> u64 {
    match repr {
        IntRepr::U8 => 1,
        IntRepr::U16 => 2,
        IntRepr::U32 => 4,
        IntRepr::U64 => 8,
    }
}

fn core_type(ty: witx::WasmType) -> Core {
    match ty {
        witx::WasmType::I32 => Core::I32,
        witx::WasmType::I64 => Core::I64,
        witx::WasmType::F32 => Core::F32,
        witx::WasmType::F64 => Core::F64,
    }
}

fn apply_hint(ty: &mut Type, hint: &TypeHint) {
    ty.display = hint.display;
    match hint.varies.as_ref().map(toml::Spanned::get_ref) {
        Some(Varies::All(varies)) => ty.compared = !varies,
        Some(Varies::Fields(names)) => {
            if let Kind::Record(fields) = std::sync::Arc::make_mut(&mut ty.kind) {
                for field in fields {
                    field.ty.compared &= !names.contains(&field.name);
                }
            }
        }
        None => {}
    }
    if ty.display == Display::Hex && matches!(*ty.kind, Kind::Record(_) | Kind::Union { .. }) {
        ty.display = Display::Plain;
    }
}

/// Returns the meaning of a parameter without hints.
fn shape(ty: &Type) -> Shape {
    match &*ty.kind {
        Kind::List(element) => match element.as_buffer() {
            Some((written, ..)) => Shape::Buffers { element: element.clone(), written, filled: Count::All },
            None => Shape::Memory {
                element: element.clone(),
                // Corrected by `pair_lengths`, which knows the index.
                length: Length::Unknown,
                written: false,
                filled: Count::All,
                entries: None,
            },
        },
        Kind::Pointer { mutable, to } => Shape::Memory {
            element: to.clone(),
            length: Length::Unknown,
            written: *mutable,
            filled: Count::All,
            entries: None,
        },
        // Passed by address.
        Kind::Record(_) | Kind::Union { .. } => Shape::Memory {
            element: ty.clone(),
            length: Length::One,
            written: false,
            filled: Count::All,
            entries: None,
        },
        _ => Shape::Value,
    }
}

/// Finds the lengths of lists, and of pointers `NAME` that are followed by an integer `NAME_len`.
fn pair_lengths(parameters: &mut [Parameter]) {
    for at in 0..parameters.len() {
        let (before, rest) = parameters.split_at_mut(at + 1);
        let parameter = &mut before[at];
        let Shape::Memory { length, .. } = &mut parameter.shape else { continue };
        match (&*parameter.ty.kind, rest.first_mut()) {
            (Kind::List(_), _) => *length = Length::Parameter(parameter.core + 1),
            (Kind::Pointer { .. }, Some(next))
                if next.name == format!("{}_len", parameter.name) && matches!(*next.ty.kind, Kind::Integer { .. }) =>
            {
                *length = Length::Parameter(next.core);
                next.shape = Shape::LengthOf(at);
            }
            _ => {}
        }
    }
}
