namespace DurableSessions.Testing;

/// <summary>What an OpenAI-compatible model answers, to be written as JSON.</summary>
public static class ChatCompletion
{
    /// <summary>The body of an answer.</summary>
    /// <param name="text">What the model says.</param>
    /// <param name="ending">Why it has ended.</param>
    /// <param name="refusal">What it says in place of a text.</param>
    public static object Of(string? text, string ending = "stop", string? refusal = null) => new
    {
        id = "chatcmpl-1",
        @object = "chat.completion",
        created = 1_700_000_000,
        model = "stub",
        choices = new[] { new { index = 0, finish_reason = ending, message = new { role = "assistant", content = text, refusal } } },
        usage = new
        {
            prompt_tokens = 100,
            completion_tokens = 10,
            total_tokens = 110,
            prompt_tokens_details = new { cached_tokens = 40 },
            completion_tokens_details = new { reasoning_tokens = 4 },
        },
    };
}
