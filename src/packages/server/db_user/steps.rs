//! The steps of a database user: its password, its rights, its login, its end.

use super::Values;
use crate::packages::{
    RemoteStep,
    server::{
        mariadb,
        sql::{Dialect, account},
    },
};
use crate::script;

/// Many tables to grant on, or to let go of, take no longer, in seconds.
const LIMIT: u32 = 900;

/// A script with the query that answers with what is to be granted and revoked.
macro_rules! grants {
    ("mariadb", $script:literal) => {
        concat!(
            "grants_sql() {\ncat <<'END-OF-SQL'\n",
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/sql/mariadb-grants.sql")),
            "END-OF-SQL\n}\n",
            script!("mariadb-lib.sh", $script)
        )
    };
    ("postgresql", $script:literal) => {
        concat!(
            "grants_sql() {\ncat <<'END-OF-SQL'\n",
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/sql/postgresql-grants.sql")),
            "END-OF-SQL\n}\n",
            script!("postgresql-lib.sh", "postgresql-grants-lib.sh", $script)
        )
    };
}

const MARIADB_CHECK: &str = script!("mariadb-lib.sh", "mariadb-user-lib.sh", "user-check.sh");
const MARIADB_SET: &str = script!("mariadb-lib.sh", "mariadb-user-lib.sh", "mariadb-user.sh");
const MARIADB_IN: &str = script!("mariadb-lib.sh", "mariadb-user-lib.sh", "mariadb-user-in.sh");
const MARIADB_GRANTED: &str = grants!("mariadb", "mariadb-grants-check.sh");
const MARIADB_GRANT: &str = grants!("mariadb", "mariadb-grants.sh");
const MARIADB_GONE: &str = script!("mariadb-lib.sh", "sql-check.sh");
const MARIADB_DROP: &str = script!("mariadb-lib.sh", "mariadb-drop.sh", "sql-apply.sh");
const POSTGRESQL_CHECK: &str =
    script!("postgresql-lib.sh", "postgresql-user-lib.sh", "user-check.sh");
const POSTGRESQL_SET: &str =
    script!("postgresql-lib.sh", "postgresql-user-lib.sh", "postgresql-user.sh");
const POSTGRESQL_IN: &str =
    script!("postgresql-lib.sh", "postgresql-user-lib.sh", "postgresql-user-in.sh");
const POSTGRESQL_GRANTED: &str = grants!("postgresql", "postgresql-grants-check.sh");
const POSTGRESQL_GRANT: &str = grants!("postgresql", "postgresql-grants.sh");
const POSTGRESQL_GONE: &str = script!("postgresql-lib.sh", "sql-check.sh");
const POSTGRESQL_DROP: &str = script!("postgresql-lib.sh", "postgresql-user-drop.sh");

/// Whether a user of MariaDB with this host may come over loopback.
pub fn by_loopback(host: &str) -> bool {
    matches!(host, "localhost" | "%" | "127.0.0.1" | "127.0.0.%" | "127.%")
}

fn is_mariadb(values: &Values) -> bool {
    values.engine == mariadb::KIND
}

/// Creates it or sets its password, and proves that.
pub fn password(values: &Values, port: u16, secret: &str) -> RemoteStep {
    let name = format!("create {} or set its password, and prove it", values.name);
    let step = if is_mariadb(values) {
        let who = account(&values.name, &values.host);
        let literal = |text: &str| Dialect::Mariadb.literal(text);
        let row = format!(
            "FROM mysql.global_priv WHERE User = {} AND Host = {}",
            literal(&values.name),
            literal(&values.host)
        );
        RemoteStep::checked(name, MARIADB_CHECK, MARIADB_SET)
            .with(
                "check.sql",
                format!("SELECT 'It is not there.' FROM DUAL WHERE NOT EXISTS (SELECT 1 {row});\n"),
            )
            .with(
                "before.sql",
                format!(
                    "SELECT JSON_VALUE(Priv, '$.authentication_string') {row}\n  AND \
                     JSON_VALUE(Priv, '$.plugin') = 'mysql_native_password' AND \
                     JSON_VALUE(Priv, '$.authentication_string') LIKE '*%';\n"
                ),
            )
            .with("create.sql", format!("CREATE USER IF NOT EXISTS {who} IDENTIFIED BY "))
            .with("alter.sql", format!("ALTER USER {who} IDENTIFIED BY "))
    } else {
        let role = Dialect::Postgresql.identifier(&values.name);
        let literal = Dialect::Postgresql.literal(&values.name);
        RemoteStep::checked(name, POSTGRESQL_CHECK, POSTGRESQL_SET)
            .with(
                "check.sql",
                format!(
                    "SELECT 'It is not there, or may do more than log in.' WHERE NOT EXISTS (\n  \
                     SELECT FROM pg_roles WHERE rolname = {literal} AND rolcanlogin AND NOT \
                     rolsuper\n  AND NOT rolcreatedb AND NOT rolcreaterole AND NOT rolreplication \
                     AND NOT rolbypassrls);\n"
                ),
            )
            .with(
                "before.sql",
                format!("SELECT rolpassword FROM pg_authid WHERE rolname = {literal};\n"),
            )
            .with(
                "create.sql",
                format!(
                    "SELECT 'CREATE ROLE ' || quote_ident({literal}) WHERE NOT EXISTS (\n  SELECT \
                     FROM pg_roles WHERE rolname = {literal}) \\gexec\nALTER ROLE {role} LOGIN \
                     NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS\n  VALID UNTIL \
                     'infinity';\n"
                ),
            )
            .with("alter.sql", format!("ALTER ROLE {role} PASSWORD "))
    };
    logins(step, values, port, secret).within(LIMIT)
}

/// Brings its rights to exactly what is wanted.
pub fn grants(values: &Values, makers: &[String]) -> RemoteStep {
    let name = match values.schemas.is_empty() {
        true => format!("leave {} no rights in any schema", values.name),
        false => format!(
            "let {} do {} in {}, and nothing else",
            values.name,
            match values.privileges.as_str() {
                "all" => "everything",
                other => other,
            },
            values.schemas.join(", ")
        ),
    };
    if is_mariadb(values) {
        let literal = |text: &str| Dialect::Mariadb.literal(text);
        let privileges = match values.privileges.as_str() {
            "read-only" => "SELECT",
            "read-write" => "SELECT,INSERT,UPDATE,DELETE",
            _ => "ALL",
        };
        let wanted = format!(
            "SET SESSION sql_mode = '';\nSET @user = {}, @host = {};\nSET @schemas = {}, \
             @privileges = {};\n",
            literal(&values.name),
            literal(&values.host),
            literal(&values.schemas.join(",")),
            literal(privileges)
        );
        return RemoteStep::checked(name, MARIADB_GRANTED, MARIADB_GRANT)
            .with("wanted.sql", wanted)
            .within(LIMIT);
    }
    let literal = |text: &str| Dialect::Postgresql.literal(text);
    let role = format!(
        "SET brokeforge.role = {};\nSET brokeforge.makers = {};\n",
        literal(&values.name),
        literal(&makers.join(","))
    );
    let names: String = values.schemas.iter().map(|name| format!("{name}\n")).collect();
    RemoteStep::checked(name, POSTGRESQL_GRANTED, POSTGRESQL_GRANT)
        .with("role.sql", role)
        .with("level", format!("{}\n", values.privileges))
        .with("schemas", names)
        .within(LIMIT)
}

/// Gets into each of its schemas, and not with another password.
pub fn login(values: &Values, port: u16, secret: &str) -> RemoteStep {
    let script = if is_mariadb(values) { MARIADB_IN } else { POSTGRESQL_IN };
    let step = RemoteStep {
        check: Some(script.to_owned()),
        verify: Some(script.to_owned()),
        ..RemoteStep::new(format!(
            "log in as {} with its password, and not with another",
            values.name
        ))
    };
    let names: String = values.schemas.iter().map(|name| format!("{name}\n")).collect();
    logins(step.with("schemas", names), values, port, secret).within(LIMIT)
}

fn logins(step: RemoteStep, values: &Values, port: u16, secret: &str) -> RemoteStep {
    let step = if is_mariadb(values) {
        let how = if by_loopback(&values.host) { "loopback" } else { "catalogue" };
        let literal = |text: &str| Dialect::Mariadb.literal(text);
        let proof = format!(
            "SELECT 1 FROM mysql.global_priv WHERE User = {} AND Host = {}\n  AND JSON_VALUE(Priv, \
             '$.authentication_string') = PASSWORD(",
            literal(&values.name),
            literal(&values.host)
        );
        step.with("login", format!("{}\n{port}\n{how}\n", values.name)).with("proof.sql", proof)
    } else {
        step.with("login", format!("{}\n{port}\n", values.name))
    };
    step.with_secret("password", secret)
}

/// Ends its sessions and drops it.
pub fn drop(values: &Values, reassign: bool) -> RemoteStep {
    let name = format!("end the sessions of {} and drop it", values.name);
    if is_mariadb(values) {
        let literal = |text: &str| Dialect::Mariadb.literal(text);
        return RemoteStep::checked(name, MARIADB_GONE, MARIADB_DROP)
            .with(
                "check.sql",
                format!(
                    "SELECT 'It is there.' FROM mysql.global_priv WHERE User = {} AND Host = {};\n",
                    literal(&values.name),
                    literal(&values.host)
                ),
            )
            .with(
                "sessions.sql",
                format!(
                    "SELECT CONCAT('KILL ', ID, ';') FROM information_schema.PROCESSLIST WHERE USER \
                     = {};\n",
                    literal(&values.name)
                ),
            )
            .with(
                "apply.sql",
                format!("DROP USER IF EXISTS {};\n", account(&values.name, &values.host)),
            )
            .within(LIMIT);
    }
    let role = Dialect::Postgresql.identifier(&values.name);
    let literal = Dialect::Postgresql.literal(&values.name);
    let mut let_go = String::new();
    if reassign {
        let_go.push_str(&format!(
            "SELECT format('REASSIGN OWNED BY %I TO %I', {literal}, CASE WHEN \
             pg_get_userbyid(datdba) = {literal}\n  THEN 'postgres' ELSE pg_get_userbyid(datdba) \
             END) FROM pg_database WHERE datname = current_database() \\gexec\n"
        ));
    }
    let_go.push_str(&format!("DROP OWNED BY {role};\n"));
    RemoteStep::checked(name, POSTGRESQL_GONE, POSTGRESQL_DROP)
        .with(
            "check.sql",
            format!("SELECT 'It is there.' FROM pg_roles WHERE rolname = {literal};\n"),
        )
        .with(
            "sessions.sql",
            format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = {literal};\n"),
        )
        .with(
            "owns.sql",
            format!(
                "SELECT count(*) FROM pg_shdepend s JOIN pg_roles r ON r.oid = s.refobjid\n  WHERE \
                 s.refclassid = 'pg_authid'::regclass AND s.deptype = 'o'\n  AND s.classid <> \
                 'pg_default_acl'::regclass AND r.rolname = {literal};\n"
            ),
        )
        .with("owned", if reassign { "reassign\n" } else { "none\n" })
        .with("let-go.sql", let_go)
        .with("apply.sql", format!("DROP ROLE IF EXISTS {role};\n"))
        .within(LIMIT)
}
