namespace DurableSessions.Core.Auditing;

/// <summary>A stored document: the document, or why it cannot be read.</summary>
internal sealed record AuditedDocument<T>(T? Document, string? Error)
    where T : class
{
    public bool IsMissing => Document is null && Error is null;
}
