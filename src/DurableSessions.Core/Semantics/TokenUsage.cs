namespace DurableSessions.Core.Semantics;

/// <summary>What a model has taken and given, as it counted itself.</summary>
/// <param name="Input">Tokens of prompts.</param>
/// <param name="Output">Tokens of answers.</param>
/// <param name="Answers">Answers, each paid for once.</param>
public sealed record TokenUsage(long Input, long Output, int Answers)
{
    /// <summary>Both together.</summary>
    public static TokenUsage operator +(TokenUsage one, TokenUsage other) => Add(one, other);

    /// <summary>Both together.</summary>
    public static TokenUsage Add(TokenUsage left, TokenUsage right) =>
        new(left.Input + right.Input, left.Output + right.Output, left.Answers + right.Answers);
}
