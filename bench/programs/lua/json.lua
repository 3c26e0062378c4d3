-- JSON: a generated text is parsed to a tree, summed up and written again.

local harness = require("harness")

local class = harness.class
local byte, sub, char, floor = string.byte, string.sub, string.char, math.floor

local NEWLINE = 10
local SPACE = 32
local QUOTE = 34
local COMMA = 44
local MINUS = 45
local POINT = 46
local DIGIT_0 = 48
local DIGIT_9 = 57
local COLON = 58
local OPEN_BRACKET = 91
local BACKSLASH = 92
local CLOSE_BRACKET = 93
local LETTER_F = 102
local LETTER_N = 110
local LETTER_T = 116
local OPEN_BRACE = 123
local CLOSE_BRACE = 125

local function writeString(text, out)
    out[#out + 1] = '"'
    local start = 1
    for i = 1, #text do
        local c = byte(text, i)
        if c == QUOTE or c == BACKSLASH or c == NEWLINE then
            out[#out + 1] = sub(text, start, i - 1)
            out[#out + 1] = "\\"
            out[#out + 1] = c == NEWLINE and "n" or char(c)
            start = i + 1
        end
    end
    out[#out + 1] = sub(text, start)
    out[#out + 1] = '"'
end

local JsonValue = class()

function JsonValue:total()
    return 0
end

local JsonLiteral = class(JsonValue)

function JsonLiteral:init(text)
    self.text = text
end

function JsonLiteral:write(out)
    out[#out + 1] = self.text
end

local JsonInteger = class(JsonValue)

function JsonInteger:init(value)
    self.value = value
end

function JsonInteger:write(out)
    out[#out + 1] = tostring(self.value)
end

function JsonInteger:total()
    return self.value
end

local JsonDecimal = class(JsonValue)

function JsonDecimal:init(value)
    self.value = value
end

function JsonDecimal:write(out)
    local hundredths = self:total()
    local rest = hundredths % 100
    out[#out + 1] = tostring(floor(hundredths / 100))
    out[#out + 1] = rest < 10 and ".0" or "."
    out[#out + 1] = tostring(rest)
end

function JsonDecimal:total()
    return floor(self.value * 100.0 + 0.5)
end

local JsonString = class(JsonValue)

function JsonString:init(text)
    self.text = text
end

function JsonString:write(out)
    writeString(self.text, out)
end

local JsonArray = class(JsonValue)

function JsonArray:init()
    self.items = {}
end

function JsonArray:write(out)
    out[#out + 1] = "["
    local first = true
    for i = 1, #self.items do
        if not first then
            out[#out + 1] = ","
        end
        first = false
        self.items[i]:write(out)
    end
    out[#out + 1] = "]"
end

function JsonArray:total()
    local sum = 0
    for i = 1, #self.items do
        sum = sum + self.items[i]:total()
    end
    return sum
end

local JsonObject = class(JsonValue)

function JsonObject:init()
    self.names = {}
    self.values = {}
end

function JsonObject:add(name, value)
    self.names[#self.names + 1] = name
    self.values[#self.values + 1] = value
end

function JsonObject:write(out)
    out[#out + 1] = "{"
    for i = 1, #self.names do
        if i > 1 then
            out[#out + 1] = ","
        end
        writeString(self.names[i], out)
        out[#out + 1] = ":"
        self.values[i]:write(out)
    end
    out[#out + 1] = "}"
end

function JsonObject:total()
    local sum = 0
    for i = 1, #self.values do
        sum = sum + self.values[i]:total()
    end
    return sum
end

local Parser = class()

function Parser:init(text)
    self.text = text
    self.at = 1
end

function Parser:parse()
    local value = self:value()
    self:skipBlanks()
    if self.at ~= #self.text + 1 then
        self:fail("the end")
    end
    return value
end

function Parser:fail(expected)
    error("expected " .. expected .. " at " .. self.at)
end

function Parser:peek()
    if self.at > #self.text then
        self:fail("more")
    end
    return byte(self.text, self.at)
end

function Parser:skipBlanks()
    while byte(self.text, self.at) == SPACE or byte(self.text, self.at) == NEWLINE do
        self.at = self.at + 1
    end
end

function Parser:accept(c)
    self:skipBlanks()
    if self:peek() ~= c then
        return false
    end
    self.at = self.at + 1
    return true
end

function Parser:expect(c)
    if not self:accept(c) then
        self:fail(char(c))
    end
end

function Parser:value()
    self:skipBlanks()
    local c = self:peek()
    if c == OPEN_BRACE then
        return self:members()
    elseif c == OPEN_BRACKET then
        return self:elements()
    elseif c == QUOTE then
        return JsonString(self:string())
    elseif c == LETTER_N then
        return self:literal("null")
    elseif c == LETTER_T then
        return self:literal("true")
    elseif c == LETTER_F then
        return self:literal("false")
    end
    return self:number()
end

function Parser:literal(word)
    for i = 1, #word do
        if self:peek() ~= byte(word, i) then
            self:fail(word)
        end
        self.at = self.at + 1
    end
    return JsonLiteral(word)
end

function Parser:isDigit()
    local c = byte(self.text, self.at)
    return c ~= nil and c >= DIGIT_0 and c <= DIGIT_9
end

function Parser:number()
    local isNegative = self:peek() == MINUS
    if isNegative then
        self.at = self.at + 1
    end
    if not self:isDigit() then
        self:fail("a value")
    end
    local whole = 0
    while self:isDigit() do
        whole = whole * 10 + (byte(self.text, self.at) - DIGIT_0)
        self.at = self.at + 1
    end
    if byte(self.text, self.at) == POINT then
        self.at = self.at + 1
        local fraction = 0.0
        local place = 0.1
        while self:isDigit() do
            fraction = fraction + (byte(self.text, self.at) - DIGIT_0) * place
            place = place / 10.0
            self.at = self.at + 1
        end
        local value = whole + fraction
        return JsonDecimal(isNegative and -value or value)
    end
    return JsonInteger(isNegative and -whole or whole)
end

function Parser:string()
    self:expect(QUOTE)
    local start = self.at
    while self:peek() ~= QUOTE do
        if byte(self.text, self.at) == BACKSLASH then
            return self:escapedString(start)
        end
        self.at = self.at + 1
    end
    self.at = self.at + 1
    return sub(self.text, start, self.at - 2)
end

function Parser:escapedString(start)
    local out = { sub(self.text, start, self.at - 1) }
    while self:peek() ~= QUOTE do
        if byte(self.text, self.at) == BACKSLASH then
            self.at = self.at + 1
            local c = self:peek()
            out[#out + 1] = c == LETTER_N and "\n" or char(c)
            self.at = self.at + 1
        else
            local from = self.at
            while self:peek() ~= QUOTE and byte(self.text, self.at) ~= BACKSLASH do
                self.at = self.at + 1
            end
            out[#out + 1] = sub(self.text, from, self.at - 1)
        end
    end
    self.at = self.at + 1
    return table.concat(out)
end

function Parser:elements()
    self:expect(OPEN_BRACKET)
    local array = JsonArray()
    if self:accept(CLOSE_BRACKET) then
        return array
    end
    local items = array.items
    items[#items + 1] = self:value()
    while self:accept(COMMA) do
        items[#items + 1] = self:value()
    end
    self:expect(CLOSE_BRACKET)
    return array
end

function Parser:members()
    self:expect(OPEN_BRACE)
    local object = JsonObject()
    if self:accept(CLOSE_BRACE) then
        return object
    end
    self:member(object)
    while self:accept(COMMA) do
        self:member(object)
    end
    self:expect(CLOSE_BRACE)
    return object
end

function Parser:member(object)
    self:skipBlanks()
    local name = self:string()
    self:expect(COLON)
    object:add(name, self:value())
end

local Json = class()

function Json:init(size)
    self.expected = 0
    self.written = ""
    local random = harness.Random()
    local out = { "[" }
    for i = 0, size - 1 do
        if i > 0 then
            out[#out + 1] = ","
        end
        self:addRecord(i, random, out)
    end
    out[#out + 1] = "]"
    self.text = table.concat(out)
end

function Json:addRecord(id, random, out)
    local whole = random:next(1000)
    local quarter = random:next(4) * 25
    local balance = random:next(200000) - 100000
    local point = quarter == 0 and ".0" or "."
    local name = random:next(10000)
    out[#out + 1] = '{"id":' .. id .. ',"name":"user ' .. name .. '","score":' .. whole .. point .. quarter
    out[#out + 1] = ',"balance":' .. balance .. ',"active":' .. tostring(random:next(2) == 0)
    out[#out + 1] = ',"parent":null,"tags":['
    for i = 1, random:next(5) do
        if i > 1 then
            out[#out + 1] = ","
        end
        out[#out + 1] = '"tag' .. random:next(100) .. '"'
    end
    out[#out + 1] = '],"note":"said \\"' .. random:next(50) .. '\\"\\nand left"}'
    self.expected = self.expected + id + whole * 100 + quarter + balance
end

function Json:benchmark()
    local value = Parser(self.text):parse()
    local out = {}
    value:write(out)
    self.written = table.concat(out)
    return value:total()
end

function Json:verifyResult(result)
    return result == self.expected and self.written == self.text
end

harness.measure("json", Json)
