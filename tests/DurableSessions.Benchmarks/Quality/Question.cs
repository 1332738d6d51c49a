namespace DurableSessions.Benchmarks.Quality;

/// <summary>What is asked of a conversation.</summary>
/// <param name="Text">The question.</param>
/// <param name="Answer">Its answer, in the words of who made the data set.</param>
/// <param name="IsWhen">Whether the answer is a time.</param>
/// <param name="Evidence">The turns that say it.</param>
internal sealed record Question(string Text, string Answer, bool IsWhen, IReadOnlySet<string> Evidence);
