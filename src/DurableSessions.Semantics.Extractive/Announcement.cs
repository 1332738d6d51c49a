namespace DurableSessions.Semantics.Extractive;

/// <summary>What a heading, or a line that ends in a colon, announces for the lines after it.</summary>
internal static class Announcement
{
    private static readonly (StatementKind Kind, string[] Words)[] Kinds =
    [
        (StatementKind.Open,
        [
            "open", "to do", "todo", "next", "remaining", "remains", "left", "pending", "unresolved", "question", "missing", "follow",
            "下一步", "待办", "剩下", "未完成", "问题",
        ]),
        (StatementKind.Preference,
        [
            "prefer", "rule", "constraint", "guideline", "style", "instruction", "remember", "偏好", "规则", "约束", "要求",
        ]),
        (StatementKind.Decision, ["decided", "decision", "chosen", "agreed", "resolution", "决定", "决策", "结论"]),
        (StatementKind.Done,
        [
            "done", "changed", "changes", "progress", "completed", "result", "fixed", "accomplished", "error", "problem",
            "完成", "进展", "错误",
        ]),
        (StatementKind.Asked, ["asked", "request", "goal", "intent", "task", "objective", "目标", "任务", "需求"]),
        (StatementKind.Fact, ["fact", "background", "context", "concept", "knowledge", "overview", "summary", "事实", "背景", "概述"]),
    ];

    /// <summary>Whether a sentence lists what is open: "Still to do: this, that".</summary>
    public static bool IsListOfOpen(string sentence) =>
        sentence.AsSpan().IndexOfAny(':', '：') is > 0 and < 40 and var colon && Of(sentence[..colon]) == StatementKind.Open;

    /// <summary>The kind that a line announces; <see langword="null"/> where it announces no kind.</summary>
    public static StatementKind? Of(string line)
    {
        foreach ((StatementKind kind, string[] words) in Kinds)
        {
            foreach (string word in words)
            {
                int index = line.IndexOf(word, StringComparison.OrdinalIgnoreCase);
                if (index == 0 || (index > 0 && !char.IsAsciiLetter(line[index - 1])) || (index > 0 && Scripts.HasIdeographs(word)))
                {
                    return kind;
                }
            }
        }

        return null;
    }
}
