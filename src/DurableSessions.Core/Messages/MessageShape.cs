namespace DurableSessions.Core.Messages;

/// <summary>All that retention needs to know of a message: small enough to be kept for every live message.</summary>
/// <param name="Tokens">The estimate of <see cref="TokenEstimate"/>.</param>
/// <param name="Part">What it is in its turn.</param>
internal readonly record struct MessageShape(int Tokens, TurnPart Part)
{
    public static MessageShape Of(SessionMessage message) =>
        new((int)Math.Min(message.EstimatedTokens, int.MaxValue), PartOf(message.Role, message.MessageKind, message.Parts));

    public static MessageShape Of(string role, string? kind, MessageParts parts) =>
        new((int)Math.Min(TokenEstimate.Of(parts), int.MaxValue), PartOf(role, kind, parts));

    private static TurnPart PartOf(string role, string? kind, MessageParts parts) => kind switch
    {
        "user_query" => TurnPart.Query,
        "tool_transport" => TurnPart.Transport,
        _ when role != "user" => TurnPart.Step,
        _ => parts.Count > 0 && parts.All(static p => p.IsTool) ? TurnPart.Transport : TurnPart.Query,
    };
}
