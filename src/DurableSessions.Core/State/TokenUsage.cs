namespace DurableSessions.Core.State;

/// <summary>What a model has taken and given, as it counted itself.</summary>
/// <param name="Input">Tokens of prompts.</param>
/// <param name="Output">Tokens of answers.</param>
/// <param name="Answers">Answers, each paid for once.</param>
/// <param name="Cached">Tokens of prompts that the model's server had at hand; part of <paramref name="Input"/>.</param>
/// <param name="Reasoning">Tokens that the model thought in; part of <paramref name="Output"/>.</param>
public sealed record TokenUsage(long Input, long Output, int Answers, long Cached = 0, long Reasoning = 0)
{
    /// <summary>None.</summary>
    public static TokenUsage None { get; } = new(0, 0, 0);

    /// <summary>Both together.</summary>
    public static TokenUsage operator +(TokenUsage one, TokenUsage other) => Add(one, other);

    /// <summary>Both together.</summary>
    public static TokenUsage Add(TokenUsage left, TokenUsage right) =>
        new(
            left.Input + right.Input, left.Output + right.Output, left.Answers + right.Answers, left.Cached + right.Cached,
            left.Reasoning + right.Reasoning);
}
