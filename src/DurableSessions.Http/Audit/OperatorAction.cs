namespace DurableSessions.Http.Audit;

/// <summary>Metadata of an endpoint by which an operator changes something.</summary>
/// <param name="Name">What it does, as the audit log has it.</param>
internal sealed record OperatorAction(string Name);
