using System.Text;
using DurableSessions.Core.Failures;
using DurableSessions.Http.Audit;
using DurableSessions.Orchestration;

namespace DurableSessions.Fuzzing.Targets;

/// <summary>
/// Texts of errors. A redacted one stays as it is when it is redacted again; what an audit log holds is printable and bounded; a known text
/// of a failed step is found as it stands.
/// </summary>
internal static class RedactionTarget
{
    public static void Run(byte[] input)
    {
        string text = Encoding.UTF8.GetString(input);
        string redacted = Redaction.Redact(text);
        Expect.Same(redacted, Redaction.Redact(redacted));
        string audited = AuditText.Of(text);
        Expect.That(audited.Length <= AuditText.MaxLength && audited.EnumerateRunes().All(AuditText.IsPrinted));
        if (StepFailure.Find(text) is { } known)
        {
            Expect.That(text.Contains(known, StringComparison.Ordinal));
            Expect.Same(known, StepFailure.Find(known));
            Expect.Same(known, Redaction.Redact(known));
        }
    }
}
