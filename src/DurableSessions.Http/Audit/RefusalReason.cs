namespace DurableSessions.Http.Audit;

/// <summary>Why a request is refused, in the one word that the audit log has for it. Operators filter by these words.</summary>
internal static class RefusalReason
{
    public const string NoKey = "no_key";
    public const string UnknownKey = "unknown_key";
    public const string RevokedKey = "revoked_key";
    public const string ExpiredKey = "expired_key";
    public const string ReadOnlyKey = "read_only_key";
    public const string OperatorsKey = "operators_key";
    public const string NoOperatorsKey = "no_operators_key";
    public const string KeyWithoutKeys = "key_without_keys";
    public const string ForeignHost = "foreign_host";
    public const string ForeignPage = "foreign_page";
    public const string Forwarded = "forwarded";
}
